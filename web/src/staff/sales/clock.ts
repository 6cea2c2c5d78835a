/** In words, where a sale stands and how long yet. */
import { useI18n } from "vue-i18n";
import { countdownText } from "@shared/duration";
import { standing } from "@shared/sale";
import type { SaleCard } from "@shared/wire";

export function useSaleClock(): (sale: SaleCard, nowTs: number) => string {
  const { t } = useI18n();
  return (sale, nowTs) => {
    const stands = standing(sale, nowTs);
    if (stands === "over") return t("staff.sale.state.over");
    const until = stands === "soon" ? sale.opens_ts : sale.closes_ts;
    if (until === null) return t(`staff.sale.state.${stands}ByHand`);
    return t(`staff.sale.state.${stands}`, { time: countdownText(until - nowTs) });
  };
}
