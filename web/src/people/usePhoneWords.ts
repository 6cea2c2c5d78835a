/** What to tell people about a refused code, with how often they may still try and how long they wait. */
import { useI18n } from "vue-i18n";
import { clockText } from "@shared/duration";
import { CODE, type Refusal } from "@shared/refusal";
import { useRefusalText } from "@shared/refusal-text";

export function usePhoneWords(): (refusal: Refusal) => string {
  const { t } = useI18n();
  const refusalText = useRefusalText();
  return (refusal) => {
    const triesLeft = refusal.figure("tries_left");
    if (refusal.code === CODE.wrongCode && triesLeft !== null)
      return triesLeft > 0 ? t("shared.code.wrong", { n: triesLeft }) : t(`shared.refusal.${CODE.challengeBurnt}`);
    if (refusal.code === CODE.tooFast && refusal.retryAfterMs)
      return t("shared.code.tooMany", { time: clockText(refusal.retryAfterMs) });
    if (refusal.code === CODE.codesExhausted && refusal.retryAfterMs)
      return t("shared.code.exhausted", { time: clockText(refusal.retryAfterMs) });
    if (refusal.code === CODE.nothingHere) return t(`shared.refusal.${CODE.challengeOver}`);
    return refusalText(refusal);
  };
}
