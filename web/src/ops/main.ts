import "./element-styles";
import "@shared/tokens.css";
import "@shared/base.css";
import "./ops.css";
import type { App } from "vue";
import { httpUploader, UPLOADER } from "@kit/upload/sending";
import { createLivehubApp } from "@app/createLivehubApp";
import { useSession } from "@app/useSession";
import deskEn from "@desk/locales/en.json";
import deskZh from "@desk/locales/zh-CN.json";
import kitEn from "@kit/locales/en.json";
import kitZh from "@kit/locales/zh-CN.json";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import Root from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";

const provides = (app: App<Element>): void => {
  app.provide(
    UPLOADER,
    httpUploader(() => useSession().token),
  );
};
const texts = {
  en: { ...kitEn, ...deskEn, ...staffEn, ...en },
  "zh-CN": { ...kitZh, ...deskZh, ...staffZh, ...zh },
};
createLivehubApp({ app: "ops", guests: false, links: true, root: Root, pages: PAGES, texts, provides });
