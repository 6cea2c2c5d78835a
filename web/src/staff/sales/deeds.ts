/** What staff do with a sale; each asked first, since viewers notice. */
import { useI18n } from "vue-i18n";
import type { SaleCard } from "@shared/wire";
import type { AskFirst } from "@kit/confirm";
import { useStaffRoom } from "../commands";

export interface SaleDeeds {
  open: (sale: SaleCard) => Promise<void>;
  close: (sale: SaleCard) => Promise<void>;
  remove: (sale: SaleCard) => Promise<void>;
}

export function useSaleDeeds(ask: AskFirst): SaleDeeds {
  const { t } = useI18n();
  const { commands } = useStaffRoom();
  return {
    async open(sale) {
      const yes = await ask({
        title: t("staff.sale.openConfirm"),
        text: t("staff.sale.openText", { title: sale.card.title }),
        action: t("staff.sale.open"),
      });
      if (yes) await commands.openSale(sale.id);
    },
    async close(sale) {
      const yes = await ask({
        title: t("staff.sale.closeConfirm"),
        text: t("staff.sale.closeText", { title: sale.card.title }),
        action: t("staff.sale.close"),
        danger: true,
      });
      if (yes) await commands.closeSale(sale.id);
    },
    async remove(sale) {
      await commands.removeSale(sale.id);
    },
  };
}
