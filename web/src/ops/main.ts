import { createApp } from "vue";
import { appI18n } from "@shared/i18n";
import { createAppRouter } from "@shared/pages/router";
import { applyTheme } from "@shared/theme";
import deskEn from "@desk/locales/en.json";
import deskZh from "@desk/locales/zh-CN.json";
import kitEn from "@kit/locales/en.json";
import kitZh from "@kit/locales/zh-CN.json";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import { createStaffSession } from "@staff/staff-session";
import "./element-styles";
import "@shared/tokens.css";
import "@shared/base.css";
import "./ops.css";
import App from "./App.vue";
import { STAFF_SESSION } from "./console-key";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";

applyTheme();
// Before the router: a sign-in link leaves the address first.
const staff = createStaffSession("livehub.ops");
createApp(App)
  .provide(STAFF_SESSION, staff)
  .use(appI18n({ en: { ...kitEn, ...deskEn, ...staffEn, ...en }, "zh-CN": { ...kitZh, ...deskZh, ...staffZh, ...zh } }))
  .use(createAppRouter(PAGES))
  .mount("#app");
