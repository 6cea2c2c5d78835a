/** Coupons of a room, for one person: what drops in, what is claimed, what is ours. A claim keeps its key, so a retry is the same claim. */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { OwnCoupon } from "@shared/api-types";
import type { Once } from "@shared/once";
import type { Personal } from "@shared/personal";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import { askUntilHad } from "@shared/until-had";
import type { ClaimedCoupon, CouponCard } from "@shared/wire";

export type Reason = NonNullable<OwnCoupon["reason"]>;
/** Ours, as far as it is known: of one that was just claimed, or won, there is nothing more to know. */
export type Own = Pick<OwnCoupon, "id" | "coupon" | "claimed_ts" | "products" | "reason">;

/** Whether what is in `mine` is all: nobody knows before the server has said so. */
export type Known = "no" | "asking" | "yes" | "failed";
export type CouponState = "open" | "claiming" | "claimed" | "gone" | "ended" | "others";

export interface Coupons {
  /** In the room now, latest first. */
  shown: ComputedRef<readonly CouponCard[]>;
  mine: ShallowRef<readonly Own[]>;
  /** Why it is of no use now, whatever is in the cart; null: it can be used. */
  reasonOf: (own: Own) => Reason | null;
  known: Readonly<ShallowRef<Known>>;
  /** The one that dropped in just now, until it is put away. */
  drop: ShallowRef<CouponCard | null>;
  stateOf: (coupon: CouponCard) => CouponState;
  /** Claims; throws Refusal. */
  claim: (coupon: CouponCard) => Promise<void>;
  /** Asks for ours; for a guest there is nothing to ask. */
  loadMine: () => Promise<void>;
  /** A coupon we got some other way (a prize). */
  add: (coupon: CouponCard) => void;
  ended: (coupon: string) => void;
}

const STATES_MAX = 50;

export function useCoupons(
  socket: LiveSocket,
  room: RoomSession,
  now: Readonly<ShallowRef<number>>,
  personal: Personal,
  { once }: Once,
  isSignedIn: () => boolean,
): Coupons {
  const mine = personal.keep<readonly Own[]>(() => []);
  const known = personal.keep<Known>(() => "no");
  const missing = personal.keep<Refusal | null>(() => null);
  const drop = shallowRef<CouponCard | null>(null);
  const states = personal.keep<ReadonlyMap<string, CouponState>>(() => new Map());

  function set(id: string, state: CouponState): void {
    const entries = [...states.value].filter(([other]) => other !== id);
    states.value = new Map([...entries, [id, state] as [string, CouponState]].slice(-STATES_MAX));
  }

  function keep(claimed: ClaimedCoupon): void {
    mine.value = [
      { ...claimed, products: [], reason: null },
      ...mine.value.filter((other) => other.coupon.id !== claimed.coupon.id),
    ];
  }

  async function loadMine(): Promise<void> {
    if (!isSignedIn()) {
      known.value = "yes";
      return;
    }
    const isMine = personal.asking();
    if (known.value === "no") known.value = "asking";
    try {
      const { coupons } = await call("GET /api/me/coupons");
      if (!isMine()) return;
      // One that was claimed while this was asked is not in the answer yet.
      mine.value = [
        ...mine.value.filter(({ coupon }) => !coupons.some((other) => other.coupon.id === coupon.id)),
        ...coupons,
      ];
      known.value = "yes";
      missing.value = null;
    } catch (thrown) {
      if (!isMine() || known.value === "yes") return;
      known.value = "failed";
      missing.value = asRefusal(thrown);
    }
  }
  askUntilHad(() => missing.value, loadMine);

  return {
    shown: computed(() => room.view.value?.coupons ?? []),
    mine,
    known,
    drop,
    reasonOf({ coupon, reason }) {
      if (reason !== null && reason !== "not_started") return reason;
      if (coupon.usable_until_ts && coupon.usable_until_ts <= now.value) return "over";
      return coupon.usable_from_ts && coupon.usable_from_ts > now.value ? "not_started" : null;
    },
    stateOf(coupon) {
      if (mine.value.some((claimed) => claimed.coupon.id === coupon.id)) return "claimed";
      const state = states.value.get(coupon.id) ?? "open";
      const over = coupon.ends_ts !== null && coupon.ends_ts <= now.value;
      return over && state === "open" ? "ended" : state;
    },
    async claim(coupon) {
      set(coupon.id, "claiming");
      const isMine = personal.asking();
      try {
        const { coupon: claimed } = await once(`claim:${coupon.id}`, null, (key) =>
          socket.emit("claim", { coupon: coupon.id, key }),
        );
        if (!isMine()) return;
        keep(claimed);
        set(coupon.id, "claimed");
      } catch (thrown) {
        const { code } = asRefusal(thrown);
        if (!isMine()) throw thrown;
        if (code === CODE.couponGone) set(coupon.id, "gone");
        else if (code === CODE.couponNotFound) set(coupon.id, "ended");
        else if (code === CODE.couponNotForYou) set(coupon.id, "others");
        else set(coupon.id, "open");
        throw thrown;
      }
    },
    loadMine,
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
