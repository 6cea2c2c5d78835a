/** An order with how its refunds stand, as both are now. */
import { shallowReadonly, shallowRef, watch } from "vue";
import { call } from "@shared/api";
import type { Order, RefundsOfOrder } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { useLeaving } from "@shared/useLeaving";
import { useInLanguage } from "@shared/words";

/** `which`: its id; null: not known yet. */
export function useOrder(which: () => string | null) {
  const order = shallowRef<Order | null>(null);
  const refunds = shallowRef<RefundsOfOrder | null>(null);
  const refusal = shallowRef<Refusal | null>(null);
  const signal = useLeaving();
  let round = 0;

  async function load(): Promise<void> {
    const id = which();
    const mine = ++round;
    if (id === null) return;
    try {
      const path = { order: id };
      const [found, back] = await Promise.all([
        call("GET /api/orders/{order}", { path, signal }),
        call("GET /api/orders/{order}/refunds", { path, signal }),
      ]);
      if (mine !== round) return;
      [order.value, refunds.value, refusal.value] = [found, back, null];
    } catch (thrown) {
      const why = asRefusal(thrown);
      if (mine === round && why.code !== CODE.cancelled) refusal.value = why;
    }
  }

  watch(which, () => void load(), { immediate: true });
  return {
    /** In the language of the page. */
    order: useInLanguage(order),
    refunds: shallowReadonly(refunds),
    refusal: shallowReadonly(refusal),
    load,
  };
}
