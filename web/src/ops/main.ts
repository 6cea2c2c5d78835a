import { createApp } from "vue";
import { appI18n } from "@shared/i18n";
import { applyTheme } from "@shared/theme";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import "./element-styles";
import "@shared/tokens.css";
import "@shared/base.css";
import "./ops.css";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";

applyTheme();
createApp(App).use(appI18n({ en: { ...staffEn, ...en }, "zh-CN": { ...staffZh, ...zh } })).mount("#app");
