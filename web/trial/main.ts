/** A page to try parts of the kit on that no page has yet: `npm run dev`, then /trial/. In no build of the app (vite.config.ts). */
import { createApp } from "vue";
import en from "@kit/locales/en.json";
import zh from "@kit/locales/zh-CN.json";
import { appI18n } from "@shared/i18n";
import { applyTheme } from "@shared/theme";
import "@shared/tokens.css";
import "@shared/base.css";
import TrialPage from "./TrialPage.vue";

applyTheme();
createApp(TrialPage)
  .use(appI18n({ en, "zh-CN": zh }))
  .mount("#app");
