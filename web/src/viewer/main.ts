import { createApp } from "vue";
import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import { appI18n } from "@shared/i18n";
import { applyTheme } from "@shared/theme";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";

applyTheme();
createApp(App).use(appI18n({ en, "zh-CN": zh })).mount("#app");
