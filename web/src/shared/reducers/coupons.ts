/** Coupons on show; the same rules as in commerce/coupons/room_messages.py. */
import type { Reducers } from "./types";

/** Of a server that does not say it in the snapshot yet. */
export const COUPONS_MAX = 10;

export const COUPONS = {
  coupon: (view, { coupon }, { coupons_max = COUPONS_MAX }) => ({
    ...view,
    coupons: [coupon, ...view.coupons.filter((other) => other.id !== coupon.id)].slice(0, coupons_max),
  }),
  coupon_end: (view, { coupon }) => ({ ...view, coupons: view.coupons.filter((other) => other.id !== coupon) }),
} satisfies Reducers;
