import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import "./first-look.css";
import { createLivehubApp } from "@app/createLivehubApp";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";

createLivehubApp({ app: "viewer", guests: true, links: false, root: App, pages: PAGES, texts: { en, "zh-CN": zh } });
