import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import "./field.css";
import { createLivehubApp } from "@app/createLivehubApp";
import kitEn from "@kit/locales/en.json";
import kitZh from "@kit/locales/zh-CN.json";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import Root from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { registerWorker } from "./offline/register";
import { PAGES } from "./pages";

const texts = { en: { ...kitEn, ...staffEn, ...en }, "zh-CN": { ...kitZh, ...staffZh, ...zh } };
createLivehubApp({ app: "field", guests: false, links: true, root: Root, pages: PAGES, texts });
registerWorker();
