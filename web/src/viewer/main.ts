import { createApp } from "vue";
import "vant/es/style/base.css";
import "@shared/tokens.css";
import "@shared/base.css";
import { appI18n } from "@shared/i18n";
import { createAppRouter } from "@shared/pages/router";
import { applyTheme } from "@shared/theme";
// Before the router: a sign-in link leaves the address first.
import "./people/session";
import App from "./App.vue";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { PAGES } from "./pages";

applyTheme();
createApp(App)
  .use(appI18n({ en, "zh-CN": zh }))
  .use(createAppRouter(PAGES))
  .mount("#app");
