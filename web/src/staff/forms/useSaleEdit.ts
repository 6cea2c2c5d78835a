/** The form that changes a sale: it begins with how the sale stands now, and again where somebody else was faster. */
import { shallowRef, watch, type ShallowRef } from "vue";
import { useForm } from "@kit/forms/useForm";
import { call } from "@shared/api";
import type { Sale } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { useLeaving } from "@shared/useLeaving";
import type { SaleCard } from "@shared/wire";
import { useStaffRoom } from "../commands";
import { SALE_EDIT_NAMES } from "./names";
import { checkSaleEdit, emptySaleEditForm, saleEditForm } from "./sale-edit";

/** `sale`: which; null: none now. */
export function useSaleEdit(sale: () => SaleCard | null, done: () => unknown) {
  const { staff, commands } = useStaffRoom();
  const signal = useLeaving();
  /** How it stands; null: not known yet. */
  const stands: ShallowRef<Sale | null> = shallowRef(null);
  const lost = shallowRef<Refusal | null>(null);

  const work = useForm({
    empty: emptySaleEditForm,
    check: (form) => checkSaleEdit(form, stands.value, staff.room.serverNow()),
    names: SALE_EDIT_NAMES,
    send: (body) => commands.changeSale(stands.value?.id ?? "", body),
    sent: done,
    // What they typed was about something that is not so any more.
    refused: ({ code }) => (code === CODE.versionStale || code === CODE.saleClosed ? load() : undefined),
  });

  async function load(): Promise<void> {
    const id = sale()?.id;
    if (id === undefined) return;
    lost.value = null;
    try {
      const found = await call("GET /api/sales/{sale}", { path: { sale: id }, signal });
      if (sale()?.id !== id) return;
      stands.value = found;
      work.begin(saleEditForm(found));
    } catch (thrown) {
      if (sale()?.id === id) lost.value = asRefusal(thrown);
    }
  }

  watch(
    () => sale()?.id,
    (id) => {
      if (id === undefined) return;
      stands.value = null;
      work.begin();
      void load();
    },
    { immediate: true },
  );
  return { ...work, stands, lost, load };
}
