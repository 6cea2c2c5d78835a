import { createApp } from "vue";
import { appI18n } from "@shared/i18n";
import { createAppRouter } from "@shared/pages/router";
import { applyTheme } from "@shared/theme";
import kitEn from "@kit/locales/en.json";
import kitZh from "@kit/locales/zh-CN.json";
import staffEn from "@staff/locales/en.json";
import staffZh from "@staff/locales/zh-CN.json";
import { createStaffSession } from "@staff/staff-session";
import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import "./studio.css";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";
import { STAFF_SESSION } from "./studio";

applyTheme();
// Before the router: a sign-in link leaves the address first.
const staff = createStaffSession("livehub.host");
createApp(App)
  .provide(STAFF_SESSION, staff)
  .use(appI18n({ en: { ...kitEn, ...staffEn, ...en }, "zh-CN": { ...kitZh, ...staffZh, ...zh } }))
  .use(createAppRouter(PAGES))
  .mount("#app");
