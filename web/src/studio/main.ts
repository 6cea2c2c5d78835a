import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import "./studio.css";
import type { App } from "vue";
import { httpUploader, UPLOADER } from "@kit/upload/sending";
import { createLivehubApp } from "@app/createLivehubApp";
import { useSession } from "@app/useSession";
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
const texts = { en: { ...kitEn, ...staffEn, ...en }, "zh-CN": { ...kitZh, ...staffZh, ...zh } };
createLivehubApp({ app: "studio", guests: false, links: true, root: Root, pages: PAGES, texts, provides });
