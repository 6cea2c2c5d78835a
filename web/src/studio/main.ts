import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import "./studio.css";
import { createLivehubApp } from "@app/createLivehubApp";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";

const texts = { en: { ...staffEn, ...en }, "zh-CN": { ...staffZh, ...zh } };
createLivehubApp({ app: "studio", guests: false, links: true, root: App, pages: PAGES, texts });
