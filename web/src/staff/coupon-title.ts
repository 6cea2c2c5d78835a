/** The name a coupon gets when nobody gives it one: "¥20 off from ¥99", in the language of the person who drops it. */
import { useI18n } from "vue-i18n";
import { useCouponWords } from "@shared/coupon-words";
import { parseMoney } from "@shared/money";
import { CURRENCY } from "@kit/forms/checked";
import { basisPoints, type TermsForm } from "./forms/coupon";
import { useFormats } from "./formats";

export function useCouponTitle(): (form: Omit<TermsForm, "title">) => string {
  const { t } = useI18n();
  const { money } = useFormats();
  const words = useCouponWords();
  return (form) => {
    const amount = form.amount.trim() === "" && form.kind === "delivery" ? 0 : parseMoney(form.amount, CURRENCY);
    const min = parseMoney(form.minSpend, CURRENCY);
    if (form.kind === "fixed") {
      if (amount === null) return t("staff.coupon.title");
      const off = money(amount, CURRENCY);
      return min
        ? t("staff.coupon.autoTitleFrom", { min: money(min, CURRENCY), amount: off })
        : t("staff.coupon.autoTitle", { amount: off });
    }
    const points = basisPoints(form.percent);
    if (amount === null || (form.kind === "percent" && !points)) return t("staff.coupon.title");
    const off = words.off({
      kind: form.kind,
      currency: CURRENCY,
      amount_minor: form.kind === "percent" ? 0 : amount,
      basis_points: points ?? 0,
    });
    return min ? t("staff.coupon.autoOffFrom", { min: money(min, CURRENCY), off }) : off;
  };
}
