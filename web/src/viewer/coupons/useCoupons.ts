/** Coupons of a room, for one person: what drops in, what is claimed, what is ours. A claim keeps its key, so a retry is the same claim. */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { call, newKey } from "@shared/api";
import { asRefusal, CODE } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import type { ClaimedCoupon, CouponCard } from "@shared/wire";
import { session } from "../people/session";

export type CouponState = "open" | "claiming" | "claimed" | "gone" | "ended";

export interface Coupons {
  /** In the room now, latest first. */
  shown: ComputedRef<readonly CouponCard[]>;
  mine: ShallowRef<readonly ClaimedCoupon[]>;
  /** The one that dropped in just now, until it is put away. */
  drop: ShallowRef<CouponCard | null>;
  stateOf: (coupon: CouponCard) => CouponState;
  /** Claims; throws Refusal. */
  claim: (coupon: CouponCard) => Promise<void>;
  loadMine: () => Promise<void>;
  /** A coupon we got some other way (a prize). */
  add: (coupon: CouponCard) => void;
  ended: (coupon: string) => void;
}

const STATES_MAX = 50;

export function useCoupons(socket: LiveSocket, room: RoomSession, now: Readonly<ShallowRef<number>>): Coupons {
  const mine = shallowRef<readonly ClaimedCoupon[]>([]);
  const drop = shallowRef<CouponCard | null>(null);
  const states = shallowRef<ReadonlyMap<string, CouponState>>(new Map());
  const keys = new Map<string, string>();

  function set(id: string, state: CouponState): void {
    const entries = [...states.value].filter(([other]) => other !== id);
    states.value = new Map([...entries, [id, state] as [string, CouponState]].slice(-STATES_MAX));
  }

  function keep(claimed: ClaimedCoupon): void {
    mine.value = [claimed, ...mine.value.filter((other) => other.coupon.id !== claimed.coupon.id)];
  }

  function keyOf(id: string): string {
    const key = keys.get(id) ?? newKey();
    keys.set(id, key);
    return key;
  }

  return {
    shown: computed(() => room.view.value?.coupons ?? []),
    mine,
    drop,
    stateOf(coupon) {
      if (mine.value.some((claimed) => claimed.coupon.id === coupon.id)) return "claimed";
      const state = states.value.get(coupon.id) ?? "open";
      const over = coupon.ends_ts !== null && coupon.ends_ts <= now.value;
      return over && state === "open" ? "ended" : state;
    },
    async claim(coupon) {
      set(coupon.id, "claiming");
      try {
        const { coupon: claimed } = await socket.emit("claim", { coupon: coupon.id, key: keyOf(coupon.id) });
        keep(claimed);
        set(coupon.id, "claimed");
      } catch (thrown) {
        const { code } = asRefusal(thrown);
        if (code === CODE.couponGone) set(coupon.id, "gone");
        else if (code === CODE.couponNotFound) set(coupon.id, "ended");
        else set(coupon.id, "open");
        throw thrown;
      }
    },
    async loadMine() {
      if (!session.isSignedIn.value) return;
      const reply = await call<{ coupons: ClaimedCoupon[] }>("GET", "/api/me/coupons", { token: session.token.value });
      mine.value = reply.coupons;
    },
    add(coupon) {
      if (!mine.value.some((claimed) => claimed.coupon.id === coupon.id)) {
        keep({ id: coupon.id, coupon, claimed_ts: room.serverNow() });
      }
    },
    ended(coupon) {
      const state = states.value.get(coupon);
      if (state !== "claimed" && state !== "claiming" && state !== "gone") set(coupon, "ended");
    },
  };
}
