/** Languages of the pages: which there are, which one is on, and the catalogue of an app made from its own and the shared texts. */
import { computed, readonly, ref, type Ref, type WritableComputedRef } from "vue";
import { createI18n, useI18n } from "vue-i18n";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { lasting } from "./store";

export const LOCALES = ["zh-CN", "en"] as const;
export type Locale = (typeof LOCALES)[number];
type Catalogue = Record<string, unknown>;
export type Catalogues = Record<Locale, Catalogue>;

const STORE = "livehub.locale";
const inUse = ref<"zh" | "en">("zh");

/** The language of the page, as the server names it. */
export const language: Readonly<Ref<"zh" | "en">> = readonly(inUse);

function use(locale: Locale): void {
  document.documentElement.lang = locale;
  inUse.value = locale === "en" ? "en" : "zh";
}

/** The language chosen before, else the browser's if we have it; Chinese is the default. */
export function preferredLocale(): Locale {
  const chosen = lasting.get(STORE);
  const wanted = chosen ? [chosen] : navigator.languages;
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith("zh")) return "zh-CN";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "zh-CN";
}

/** The i18n plugin of an app: its own catalogue over the shared one (top-level keys must differ). */
export function appI18n(own: Catalogues) {
  const locale = preferredLocale();
  use(locale);
  return createI18n({
    legacy: false,
    locale,
    fallbackLocale: "zh-CN",
    messages: { "zh-CN": { ...zh, ...own["zh-CN"] }, en: { ...en, ...own.en } },
  });
}

/** Adds the texts of a page that is loaded when somebody goes there, for as long as the app runs. To be called in its setup. */
export function useTexts(own: Catalogues): void {
  const { mergeLocaleMessage } = useI18n({ useScope: "global" });
  for (const locale of LOCALES) mergeLocaleMessage(locale, own[locale]);
}

/** The language in use; writing it switches the page and is remembered. */
export function useLocale(): WritableComputedRef<Locale> {
  const { locale } = useI18n({ useScope: "global" });
  return computed({
    get: () => (locale.value === "en" ? "en" : "zh-CN"),
    set: (next) => {
      locale.value = next;
      use(next);
      lasting.set(STORE, next);
    },
  });
}
