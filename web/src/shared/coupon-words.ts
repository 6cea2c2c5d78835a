/** What a coupon is, in words: how much it takes off, of what kind it is, from when on, for whom and until when. */
import { useI18n } from "vue-i18n";
import { numberText, timeText } from "./formats";
import { formatMoney, moneyParts } from "./money";
import type { CouponCard } from "./wire";

/** One of a message or a room of a version before has the fields of a fixed one alone. */
export type CouponLike = Pick<CouponCard, "amount_minor" | "currency"> & Partial<CouponCard>;

export interface BigWords {
  before: string;
  main: string;
  after: string;
}

export interface CouponWords {
  /** For setting the middle part large: ¥ 5, 9 折, 10% off, free. */
  big: (coupon: CouponLike) => BigWords;
  /** The same on a line: ¥5 off, 9折, 10% off, free delivery. */
  off: (coupon: CouponLike) => string;
  kind: (coupon: CouponLike) => string;
  /** From when on, up to how much, for what. */
  condition: (coupon: CouponLike) => string;
  /** Null: for everyone. */
  audience: (coupon: CouponLike) => string | null;
  /** When it can be used; null: always. */
  window: (coupon: CouponLike, nowMs: number) => string | null;
}

const WHOLE = 10_000;

export function useCouponWords(): CouponWords {
  const { t, locale } = useI18n();
  const money = (minor: number, currency: string): string => formatMoney(minor, currency, locale.value);
  const moment = (ts: number, nowMs: number): string => {
    const isThisYear = new Date(ts).getFullYear() === new Date(nowMs).getFullYear();
    return timeText(ts, isThisYear ? "moment" : "dated", locale.value);
  };

  /** In Chinese what is left to pay, in tenths (9 折 is 10 % off); elsewhere what is off, in percent. */
  function percent(coupon: CouponLike): { n: string } {
    const points = coupon.basis_points ?? 0;
    const figure = locale.value.startsWith("zh") ? (WHOLE - points) / 1_000 : points / 100;
    return { n: numberText(figure, "toHundredths", locale.value) };
  }

  const words: CouponWords = {
    big(coupon) {
      if (coupon.kind === "percent")
        return {
          before: "",
          main: t("shared.coupon.percentMain", percent(coupon)),
          after: t("shared.coupon.percentAfter"),
        };
      if (coupon.kind === "delivery" && coupon.amount_minor === 0)
        return { before: "", main: t("shared.coupon.free"), after: "" };
      const { symbol, whole, fraction } = moneyParts(coupon.amount_minor, coupon.currency, locale.value);
      return { before: symbol, main: whole, after: fraction };
    },
    off(coupon) {
      if (coupon.kind === "percent") return t("shared.coupon.percent", percent(coupon));
      const amount = money(coupon.amount_minor, coupon.currency);
      if (coupon.kind !== "delivery") return t("shared.coupon.amount", { amount });
      return coupon.amount_minor === 0 ? t("shared.coupon.freeDelivery") : t("shared.coupon.deliveryOff", { amount });
    },
    kind(coupon) {
      if (coupon.kind === "percent" || coupon.kind === "delivery") return t(`shared.coupon.kind.${coupon.kind}`);
      return t(coupon.min_spend_minor ? "shared.coupon.kind.fixed" : "shared.coupon.kind.fixedAny");
    },
    condition(coupon) {
      const min = coupon.min_spend_minor ?? 0;
      const parts = [
        min > 0 ? t("shared.coupon.from", { amount: money(min, coupon.currency) }) : t("shared.coupon.any"),
      ];
      if (coupon.cap_minor) parts.push(t("shared.coupon.cap", { amount: money(coupon.cap_minor, coupon.currency) }));
      if (coupon.products) parts.push(t("shared.coupon.scope", { n: coupon.products.length }, coupon.products.length));
      return parts.join(" · ");
    },
    audience: ({ audience }) =>
      audience === "new_buyer" || audience === "people" ? t(`shared.coupon.audience.${audience}`) : null,
    window({ usable_from_ts: from, usable_until_ts: until }, nowMs) {
      if (from && from > nowMs) return t("shared.coupon.starts", { time: moment(from, nowMs) });
      // Its last moment: "until the 11th" ends at 24:00 of the 11th, which a clock would call the 12th.
      return until ? t("shared.coupon.until", { time: moment(until - 1, nowMs) }) : null;
    },
  };
  return words;
}
