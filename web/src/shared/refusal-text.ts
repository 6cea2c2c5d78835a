/** What to tell people about a refusal: our words for the codes we know. */
import { useI18n } from "vue-i18n";
import { asRefusal } from "./refusal";

export function useRefusalText(): (thrown: unknown) => string {
  const { t, te } = useI18n();
  return (thrown) => {
    const { code } = asRefusal(thrown);
    // The fallback locale has every key, so asking for the Chinese one is asking whether we know the code at all.
    return te(`shared.refusal.${code}`, "zh-CN") ? t(`shared.refusal.${code}`) : t("shared.refusal.other", { code });
  };
}
