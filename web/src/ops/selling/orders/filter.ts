/** What the address of the list of orders says, as the server is asked. Pure. */
import type { Query } from "@shared/api";
import type { Order } from "@shared/api-types";
import type { TableQuery } from "@desk/table/query";
import { beginningOf, endOf } from "../../admin/days";

export type OrderState = Order["state"];
export const ORDER_STATES = [
  "unpaid",
  "paid",
  "preparing",
  "dispatched",
  "delivered",
  "done",
  "cancelled",
] as const satisfies readonly OrderState[];

export function isOrderState(text: string | undefined): text is OrderState {
  return ORDER_STATES.some((state) => state === text);
}

/** `zone`: by whose clock the days of `from` and `to` begin; both are included. What is no day, or no state, filters nothing. */
export function ordersQuery(
  { q, state, room, product, person, from, to }: TableQuery,
  zone: string,
): NonNullable<Query<"GET /api/orders">> {
  return {
    q: q?.trim() || undefined,
    state: isOrderState(state) ? state : undefined,
    room,
    product,
    person,
    from: beginningOf(from, zone),
    to: endOf(to, zone),
  };
}

/** What comes next on its way; null where nothing does, or it is not the staff's to say. */
export function nextState(state: OrderState): "preparing" | "dispatched" | "delivered" | "done" | null {
  switch (state) {
    case "paid":
      return "preparing";
    case "preparing":
      return "dispatched";
    case "dispatched":
      return "delivered";
    case "delivered":
      return "done";
    default:
      return null;
  }
}
