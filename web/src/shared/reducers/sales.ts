/** Sales on show; the same rules as in commerce/sales/room_messages.py. */
import type { RoomView, SaleCard } from "../wire";
import type { Bounds, Reducers } from "./types";

/** Of a server that does not say it in the snapshot yet. */
export const SALES_MAX = 20;

export const SALES = {
  sale_scheduled: (view, { sale }, bounds) => ({ ...view, sales: put(salesOf(view), sale, bounds) }),
  sale_open: (view, { sale }, bounds) => ({ ...view, sales: put(salesOf(view), sale, bounds) }),
  sale_change: (view, { sale }) => ({
    ...view,
    sales: salesOf(view).map((known) => (known.id === sale.id ? sale : known)),
  }),
  sale_close: (view, { sale }) => ({
    ...view,
    sales: salesOf(view).map((known) => (known.id === sale ? { ...known, state: "closed" } : known)),
  }),
  sale_remove: (view, { sale }) => ({ ...view, sales: salesOf(view).filter((known) => known.id !== sale) }),
} satisfies Reducers;

/** The latest comes first. */
export function salesOf(view: RoomView | null): SaleCard[] {
  return view?.sales ?? []; // None from a server of before.
}

/** A known one changes in place; a new one comes first, and those that are over leave first when there are too many. */
function put(sales: SaleCard[], card: SaleCard, { sales_max = SALES_MAX }: Bounds): SaleCard[] {
  if (sales.some((known) => known.id === card.id)) return sales.map((known) => (known.id === card.id ? card : known));
  const listed = [card, ...sales];
  while (listed.length > sales_max)
    listed.splice(
      listed.findLastIndex(({ state }) => state === "closed"),
      1,
    );
  return listed;
}
