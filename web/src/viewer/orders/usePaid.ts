/** Amounts of orders, always with their fractions, so that they stand below each other. */
import { useI18n } from "vue-i18n";
import { formatMoney } from "@shared/money";

export function usePaid(): (minor: number, currency: string) => string {
  const { locale } = useI18n({ useScope: "global" });
  return (minor, currency) => formatMoney(minor, currency, locale.value, "keep");
}
