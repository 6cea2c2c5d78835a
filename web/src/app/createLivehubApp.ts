/**
 * What the apps have in common, made in the order that it needs: who is here is asked for first, and waits for nothing; then words,
 * pages, and the root in its frame (title, focus, announcements, and what is shown when a part breaks).
 */
import { createPinia, setActivePinia } from "pinia";
import { createApp, h, type App, type Component } from "vue";
import type { RouteRecordRaw } from "vue-router";
import { setAccess } from "@shared/api";
import { appI18n, type Catalogues } from "@shared/i18n";
import { createAppRouter } from "@shared/pages/router";
import { applyTheme } from "@shared/theme";
import AppFrame from "./AppFrame.vue";
import type { SessionOptions } from "./session";
import { useArrival } from "./arrival";
import { setSessionOptions, useSession } from "./useSession";

export interface LivehubApp extends SessionOptions {
  root: Component;
  /** The app's table of pages. */
  pages: readonly RouteRecordRaw[];
  /** The app's own texts; the shared ones come with it. */
  texts: Catalogues;
  /** What the app alone provides to its components. */
  provides?: (app: App) => void;
}

export function createLivehubApp({ root, pages, texts, provides, ...session }: LivehubApp): void {
  applyTheme();
  const pinia = createPinia();
  setActivePinia(pinia);
  setSessionOptions(session);
  // Before the router, which must not learn of tokens: a sign-in link leaves the address first. And while pages are loaded.
  setAccess(useSession().access);
  useArrival();
  const app = createApp({ render: () => h(AppFrame, null, { default: () => h(root) }) });
  provides?.(app);
  app.use(pinia).use(appI18n(texts)).use(createAppRouter(pages)).mount("#app");
}
