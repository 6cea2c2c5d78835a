/** An order and all that belongs to it, kept true: asked again when a message is about it, and while something is on its way. */
import { computed, type ComputedRef, type Ref } from "vue";
import { useEventListener } from "@vueuse/core";
import { useAsked } from "@app/useAsked";
import { useInbox } from "@app/inbox";
import { usePolling } from "@kit/usePolling";
import { call } from "@shared/api";
import type { Case, Fapiao, Order, Refund } from "@shared/api-types";
import type { Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";
import { isAbout, momentOf, refundStateOf } from "./orders";

export interface WholeOrder {
  order: Order;
  refunds: readonly Refund[];
  /** The latest first. */
  cases: readonly Case[];
  /** As it was asked for last; null: it was not. */
  fapiao: Fapiao | null;
}

/** Of an order that has more, the latest count. */
const CASES_MAX = 10;
/** The buyer waits for it now: money that comes in, an order that is about to be closed. */
const HOT_MS = 3_000;
/** People, and banks. */
const WARM_MS = 15_000;

export interface OrderAtHand {
  whole: ComputedRef<WholeOrder | null>;
  refusal: Readonly<Ref<Refusal | null>>;
  reload: () => Promise<void>;
}

/** `now`: Unix ms by the server's clock. */
export function useOrder(id: string, now: Readonly<Ref<number>>): OrderAtHand {
  const asked = useAsked(() => load(id));
  const whole = useInLanguage(asked.value);

  const isHot = computed(() => {
    const order = whole.value?.order;
    if (order?.state !== "unpaid") return false;
    return momentOf(order, now.value) === "closing" || order.payments.some(({ state }) => state !== "failed");
  });
  const isWarm = computed(
    () =>
      whole.value?.cases.some(({ state }) => state === "open") === true ||
      whole.value?.refunds.some((refund) => ["waiting", "sending"].includes(refundStateOf(refund))) === true,
  );
  usePolling(asked.reload, HOT_MS, () => isHot.value);
  usePolling(asked.reload, WARM_MS, () => isWarm.value && !isHot.value);

  useInbox().onShow((message) => {
    if (message.kind === "notice" && isAbout(message.link, id)) void asked.reload();
    // Whoever shows messages says it in words.
    return false;
  });
  useEventListener(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") void asked.reload();
  });
  useEventListener(window, "online", () => void asked.reload());

  return { whole, refusal: asked.refusal, reload: asked.reload };
}

async function load(id: string): Promise<WholeOrder> {
  const path = { order: id };
  const order = await call("GET /api/orders/{order}", { path });
  const [refunds, cases, fapiao] = await Promise.all([
    order.refunds.length > 0 ? call("GET /api/orders/{order}/refunds", { path }) : null,
    order.paid_at === null ? [] : casesOf(id),
    order.paid_at === null ? null : call("GET /api/me/fapiao", { query: { order: id, limit: 1 } }),
  ]);
  return { order, refunds: refunds?.items ?? [], cases, fapiao: fapiao?.items[0] ?? null };
}

async function casesOf(order: string): Promise<readonly Case[]> {
  const { items } = await call("GET /api/me/cases", { query: { order, limit: CASES_MAX } });
  return await Promise.all(items.map((each) => call("GET /api/cases/{case}", { path: { case: each.id } })));
}
