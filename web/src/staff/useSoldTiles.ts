/** What the room has sold, as tiles beside its other figures: turnover, and how many of those who came have ordered. */
import { computed, type ComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import { formatMoney } from "@shared/money";
import { useStaffRoom } from "./commands";
import { useFormats } from "./formats";

export interface SoldTile {
  key: "gmv" | "conversion";
  text: string;
  beside: string;
}

/** None until it is known. */
export function useSoldTiles(): ComputedRef<SoldTile[]> {
  const { t, locale } = useI18n();
  const { count } = useFormats();
  const { staff } = useStaffRoom();
  return computed(() => {
    const sold = staff.sold.value;
    if (!sold) return [];
    const { orders, paid, buyers, people, gmv } = sold;
    const share = new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 1 });
    return [
      {
        key: "gmv",
        text:
          gmv.map(({ currency, amount_minor }) => formatMoney(amount_minor, currency, locale.value)).join(" + ") || "–",
        beside: t("staff.figure.orders", { orders: count(orders), paid: count(paid) }),
      },
      {
        key: "conversion",
        text: people > 0 ? share.format(Math.min(1, buyers / people)) : "–",
        beside: t("staff.figure.bought", { buyers: count(buyers), people: count(people) }),
      },
    ];
  });
}
