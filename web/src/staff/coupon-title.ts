/** The name a coupon gets when nobody gives it one: "¥20 off from ¥99", in the language of the person who drops it. */
import { useI18n } from "vue-i18n";
import { parseMoney } from "@shared/money";
import { CURRENCY } from "@kit/forms/checked";
import type { CouponForm } from "./forms/coupon";
import { useFormats } from "./formats";

export function useCouponTitle(): (form: CouponForm) => string {
  const { t } = useI18n();
  const { money } = useFormats();
  return (form) => {
    const amount = parseMoney(form.amount, CURRENCY);
    const min = parseMoney(form.minSpend, CURRENCY);
    if (amount === null) return t("staff.coupon.title");
    const off = money(amount, CURRENCY);
    return min
      ? t("staff.coupon.autoTitleFrom", { min: money(min, CURRENCY), amount: off })
      : t("staff.coupon.autoTitle", { amount: off });
  };
}
