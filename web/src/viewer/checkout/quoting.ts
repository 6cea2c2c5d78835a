/**
 * What a purchase costs, asked anew whenever something that counts is chosen: address, window, coupons, how many.
 *
 * The latest question counts. What the server does not take any more (a window that filled up, a coupon that was used elsewhere)
 * is dropped, said, and asked for without it, so that there is a price to look at whatever happens.
 */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { Address, QuoteReply, QuoteRequest, Slots } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";
import { ownZone } from "@shared/zone";
import { billOf, goneSince, repriced, totalOf, type BillLine } from "./bill";
import type { Purchase } from "./submission";

/** What is said above the lines; a refusal says itself. */
export type Notice = "price" | "stock" | "slot" | "coupon" | "gift" | null;

export interface Chosen {
  address: ShallowRef<Address | null>;
  slot: ShallowRef<string | null>;
  /** Undefined: those that save most. */
  coupon: ShallowRef<string | null | undefined>;
  deliveryCoupon: ShallowRef<string | null | undefined>;
}

export interface Quoting {
  quote: ComputedRef<QuoteReply | null>;
  bill: ComputedRef<readonly BillLine[]>;
  total: ComputedRef<number>;
  /** Lines that cost something else than they did when they were last looked at. */
  changed: Readonly<ShallowRef<ReadonlySet<string>>>;
  notice: ShallowRef<Notice>;
  /** It can't be delivered to this address; what is shown is without it. */
  outside: Readonly<ShallowRef<string | null>>;
  refusal: Readonly<ShallowRef<Refusal | null>>;
  /** What is shown is not the price of what is chosen, yet. */
  asking: Readonly<ShallowRef<boolean>>;
  chosen: Chosen;
  /** By whose clock windows are told: the shop's, once it has been asked for them. */
  zone: ShallowRef<string>;
  ask: () => Promise<void>;
  /** A quote that came with a refusal, and what to say of it. */
  take: (quote: QuoteReply, notice: Notice) => void;
  /** True: it is about what was chosen, and has been dealt with. */
  settle: (refusal: Refusal) => boolean;
  reset: () => void;
}

export interface QuotingSource {
  purchase: () => Purchase | null;
  /** What the tap held is in an order already. */
  ordered: (order: string) => void;
}

/** Asked anew after what was dropped, at most so often. */
const ROUNDS_MAX = 4;

export function useQuoting({ purchase, ordered }: QuotingSource): Quoting {
  const quote = shallowRef<QuoteReply | null>(null);
  const changed = shallowRef<ReadonlySet<string>>(new Set());
  const notice = shallowRef<Notice>(null);
  const outside = shallowRef<string | null>(null);
  const refusal = shallowRef<Refusal | null>(null);
  const asking = shallowRef(false);
  const zone = shallowRef(ownZone());
  const chosen: Chosen = {
    address: shallowRef(null),
    slot: shallowRef(null),
    coupon: shallowRef(undefined),
    deliveryCoupon: shallowRef(undefined),
  };
  const shown = useInLanguage(quote);
  const bill = computed(() => (quote.value ? billOf(quote.value) : []));
  let round = 0;
  /** Somebody has been asked for a window, or had one: none is chosen for them any more. */
  let slotIsTheirs = false;

  function take(next: QuoteReply, said: Notice): void {
    changed.value = quote.value ? new Set([...changed.value, ...repriced(quote.value.lines, next.lines)]) : new Set();
    const lost = quote.value ? goneSince(quote.value.gifts_gone, next.gifts_gone) : false;
    quote.value = next;
    if (said) notice.value = said;
    else if (lost && notice.value === null) notice.value = "gift";
    else if (changed.value.size > 0 && notice.value === null) notice.value = "price";
  }

  function settle(why: Refusal): boolean {
    const { code } = why;
    if (code === CODE.outsideArea && chosen.slot.value !== null) {
      // Maybe the window alone is of another area: one of this address is looked for.
      chosen.slot.value = null;
      slotIsTheirs = false;
      return true;
    }
    if (code === CODE.outsideArea && chosen.address.value && outside.value === null) {
      outside.value = why.text("reason") ?? "outside";
      return true;
    }
    if ((code === CODE.slotNotFound || code === CODE.slotFull) && chosen.slot.value !== null) {
      chosen.slot.value = null;
      slotIsTheirs = true;
      notice.value = "slot";
      return true;
    }
    const isOfCoupon = code === CODE.couponNotFound || code === CODE.couponNotUsable;
    if (isOfCoupon && notice.value !== "coupon") {
      chosen.coupon.value = undefined;
      chosen.deliveryCoupon.value = undefined;
      notice.value = "coupon";
      return true;
    }
    return false;
  }

  async function ask(): Promise<void> {
    const mine = ++round;
    asking.value = true;
    outside.value = null;
    try {
      for (let at = 0; at < ROUNDS_MAX; at++) {
        const what = purchase();
        if (!what || mine !== round) return;
        if (await once(what, () => mine === round)) return;
      }
    } finally {
      if (mine === round) asking.value = false;
    }
  }

  /** True: there is an answer that stands. */
  async function once(what: Purchase, isLatest: () => boolean): Promise<boolean> {
    try {
      const found = await call("POST /api/quotes", { body: bodyOf(what, chosen, outside.value !== null) });
      if (!isLatest()) return true;
      refusal.value = null;
      take(found, null);
      if (found.missing !== "slot" || slotIsTheirs || !(await chooseFirst(isLatest))) return true;
      return false;
    } catch (thrown) {
      if (!isLatest()) return true;
      const why = asRefusal(thrown);
      const order = why.text("order");
      if (why.code === CODE.holdOver && order !== null) ordered(order);
      else if (settle(why)) return false;
      refusal.value = why;
      return true;
    }
  }

  /** The earliest window to the door, so that two taps are enough. They see it, and may choose another. */
  async function chooseFirst(isLatest: () => boolean): Promise<boolean> {
    slotIsTheirs = true;
    const slots = await call("GET /api/slots", { query: placeQuery(chosen.address.value) }).catch(() => null);
    if (!isLatest()) return true;
    if (slots) zone.value = slots.time_zone;
    const first = slots ? firstToTheDoor(slots) : null;
    if (first === null) return false;
    chosen.slot.value = first;
    return true;
  }

  return {
    quote: shown,
    bill,
    total: computed(() => totalOf(bill.value)),
    changed,
    notice,
    outside,
    refusal,
    asking,
    chosen,
    zone,
    ask,
    take,
    settle,
    reset() {
      round++;
      quote.value = null;
      changed.value = new Set();
      notice.value = null;
      outside.value = null;
      refusal.value = null;
      asking.value = false;
      slotIsTheirs = false;
      chosen.slot.value = null;
      chosen.coupon.value = undefined;
      chosen.deliveryCoupon.value = undefined;
    },
  };
}

/** As the server is asked. `isOutside`: without the address, to which it can't be brought. */
export function bodyOf(what: Purchase, chosen: Chosen, isOutside = false): QuoteRequest {
  const { address, slot, coupon, deliveryCoupon } = chosen;
  return {
    ...("hold" in what ? { hold: what.hold } : { lines: what.lines.map((line) => ({ ...line })) }),
    ...(address.value && !isOutside ? { address: address.value.id } : {}),
    ...(slot.value !== null ? { slot: slot.value } : {}),
    ...(coupon.value !== undefined ? { coupon: coupon.value } : {}),
    ...(deliveryCoupon.value !== undefined ? { delivery_coupon: deliveryCoupon.value } : {}),
  };
}

export function firstToTheDoor({ items }: Pick<Slots, "items">): string | null {
  const open = items.filter(({ method, left }) => method === "door" && left > 0);
  return open.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from))[0]?.id ?? null;
}

function placeQuery(address: Address | null): { lat?: number; lon?: number; region?: string } {
  if (!address) return {};
  const { wgs84_lat: lat, wgs84_lon: lon, region } = address;
  return { ...(lat !== null && lon !== null ? { lat, lon } : {}), ...(region ? { region } : {}) };
}
