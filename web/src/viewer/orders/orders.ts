/** Orders as their buyer sees them: tabs, what can be done in which state, what became of one, and how it is written. Pure. */
import type { Order, OrderLine, OrderSummary, Refund } from "@shared/api-types";

export type State = Order["state"];

/** `after`: what is wrong with an order (cases), which are a list of their own. Reviews have no tab before there are any. */
export const TABS = ["all", "unpaid", "packing", "coming", "after"] as const;
export type Tab = (typeof TABS)[number];

/** Null: all. */
const STATES: Readonly<Record<Exclude<Tab, "after">, readonly State[] | null>> = {
  all: null,
  unpaid: ["unpaid"],
  packing: ["paid", "preparing"],
  coming: ["dispatched", "delivered"],
};

/** As `?state=` has it; null: of all states. */
export function statesOf(tab: Exclude<Tab, "after">): string | null {
  return STATES[tab]?.join(",") ?? null;
}

/** How many wait behind a tab; 0 where nothing is counted. */
export function countOf(tab: Tab, counts: Readonly<Partial<Record<string, number>>>): number {
  const states = tab === "after" ? null : STATES[tab];
  return states?.reduce((sum, state) => sum + (counts[state] ?? 0), 0) ?? 0;
}

export type Tone = "urgent" | "busy" | "good" | "quiet";

export function toneOf(state: State): Tone {
  if (state === "unpaid") return "urgent";
  if (state === "done" || state === "delivered") return "good";
  return state === "cancelled" ? "quiet" : "busy";
}

/** An order that is not paid when its time is over is about to be closed by the server, which asks the provider first. */
export type Moment = State | "closing";

export function momentOf({ state, closes_ts }: Pick<OrderSummary, "state" | "closes_ts">, nowMs: number): Moment {
  return state === "unpaid" && nowMs >= closes_ts ? "closing" : state;
}

/** What a buyer can do, at most three, the most wanted last. */
export type Act = "cancel" | "pay" | "refund" | "after" | "again";

/** What cost nothing has no money to ask back; while nobody packs it, it is cancelled. A replacement is the shop's to cancel. */
export function actsOf(moment: Moment, order: Pick<OrderSummary, "total_minor" | "replaces">): readonly Act[] {
  const isFree = order.total_minor === 0 && order.replaces === null;
  switch (moment) {
    case "unpaid":
      return ["cancel", "pay"];
    case "closing":
      return [];
    case "paid":
      return isFree ? ["again", "cancel"] : ["again", "refund"];
    case "preparing":
      return ["again", "refund"];
    case "dispatched":
      return ["again", "after"];
    case "delivered":
    case "done":
      return ["after", "again"];
    case "cancelled":
      return ["again"];
  }
}

/** Whether there is anything left that could be wrong: units that were bought and are neither paid back nor sent again. */
export function hasUnitsLeft(lines: readonly OrderLine[]): boolean {
  return lines.some(
    ({ qty, refunded_units, replaced_units, is_gift }) =>
      !is_gift && refunded_units.length + replaced_units.length < qty,
  );
}

export type Ending = "timeout" | "buyer" | "staff" | "stock_gone" | "coupon_gone" | "refunded";
const ENDINGS: readonly string[] = [
  "timeout",
  "buyer",
  "staff",
  "stock_gone",
  "coupon_gone",
  "refunded",
] satisfies Ending[];

/** Why an order was cancelled; null: it was not, or nobody says why. */
export function endingOf({ state, cancel_reason }: Pick<OrderSummary, "state" | "cancel_reason">): Ending | null {
  return state === "cancelled" && cancel_reason !== null && ENDINGS.includes(cancel_reason)
    ? (cancel_reason as Ending)
    : null;
}

/** A cancelled order has given back what it had of the wallet. */
export function couponIsBack({
  state,
  coupon,
  delivery_coupon,
}: Pick<OrderSummary, "state" | "coupon" | "delivery_coupon">): boolean {
  return state === "cancelled" && (coupon !== null || delivery_coupon !== null);
}

export function unitsOf(lines: readonly Pick<OrderLine, "qty">[]): number {
  return lines.reduce((sum, { qty }) => sum + qty, 0);
}

/** What one was asked for, while it is not paid, or has paid. */
export function amountOf({ paid_at, paid_minor, total_minor }: OrderSummary): number {
  return paid_at === null ? total_minor : paid_minor;
}

/** What that amount is called: one that was never paid and never will be is neither owed nor paid. */
export function amountWord({
  paid_at,
  state,
}: Pick<OrderSummary, "paid_at" | "state">): "paid" | "toPay" | "unpaidSum" {
  if (paid_at !== null) return "paid";
  return state === "cancelled" ? "unpaidSum" : "toPay";
}

/** How many units have which share of what was paid: `[[2, 1333], [1, 1334]]`, one pair where all cost the same. */
export function sharesOf(shares: readonly number[]): [units: number, eachMinor: number][] {
  const found = new Map<number, number>();
  for (const share of shares) found.set(share, (found.get(share) ?? 0) + 1);
  return [...found].map(([share, units]) => [units, share]);
}

/** 4071 8823 9150 */
export function spacedNumber(number: string): string {
  return number.match(/.{1,4}/g)?.join(" ") ?? number;
}

/** 138****8000 of +8613800138000: enough for who knows it, nothing for who looks over a shoulder. */
export function maskedPhone(phone: string): string {
  const own = phone.replace(/^\+86/, "");
  if (own.length < 8) return own.replace(/.(?=..)/g, "*");
  return `${own.slice(0, own.length - 8)}****${own.slice(-4)}`;
}

/** What becomes of money on its way back, as told to who gets it. */
export type RefundState = "waiting" | "sending" | "sent" | "stuck" | "rejected";

export function refundStateOf({ state, is_rejected }: Pick<Refund, "state" | "is_rejected">): RefundState {
  if (is_rejected) return "rejected";
  return ({ approval: "waiting", processing: "sending", paid: "sent", failed: "stuck" } as const)[state];
}

/** Providers that have words of their own for how soon money is there. */
export const PROVIDERS = ["wechatpay", "stripe", "sandbox"] as const;

export function providerWord(provider: string): string {
  return (PROVIDERS as readonly string[]).includes(provider) ? provider : "other";
}

/** The page that a message is about, as its link says; payments come back to one below it. */
export function isAbout(link: string | null, order: string): boolean {
  return link === `/orders/${order}`;
}
