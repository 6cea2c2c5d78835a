/** The form that starts a sale: for how much, how many, from when and for how long. */
import type { Ref } from "vue";
import { useForm } from "@kit/forms/useForm";
import type { ListedProduct } from "@shared/api-types";
import { amountText } from "@shared/money";
import type { Refusal } from "@shared/refusal";
import { useStaffRoom } from "../commands";
import { useShopZone } from "@shared/shop-zone";
import { SALE_NAMES } from "./names";
import { checkSale, emptySaleForm, freeUnits } from "./sale";

interface Ends {
  started: () => unknown;
  refused?: (refusal: Refusal) => unknown;
}

export function useSaleForm(product: Readonly<Ref<ListedProduct | null>>, { started, refused }: Ends) {
  const { staff, commands } = useStaffRoom();
  const zone = useShopZone();
  const work = useForm({
    empty: emptySaleForm,
    check: (form) => checkSale(form, product.value, staff.room.serverNow(), zone.value),
    names: SALE_NAMES,
    send: (body) => commands.startSale(body),
    sent: started,
    refused,
  });
  return {
    ...work,
    zone,
    /** As the catalogue has it: its price, and all that is free of it. */
    fill(next: ListedProduct): void {
      work.form.price = amountText(next.price_minor, next.currency);
      work.form.units = freeUnits(next) > 0 ? String(freeUnits(next)) : "";
    },
  };
}
