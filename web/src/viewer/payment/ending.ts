/**
 * How paying an order came out, as far as anybody knows. Pure.
 *
 *     confirming   money may be on its way: nobody says "failed" before the provider has
 *     unfinished   every attempt is over, or none was begun: pay, again
 *     paid, cancelled
 */
import type { Order } from "@shared/api-types";

export type Ending = "paid" | "unfinished" | "confirming" | "cancelled";

export type Paid = Pick<Order, "state" | "closes_ts"> & {
  payments: readonly { id: string; provider: string; state: string }[];
};

export function endingOf(order: Paid): Ending {
  if (order.state === "cancelled") return "cancelled";
  if (order.state !== "unpaid") return "paid";
  // One that is paid belongs to an order that is about to be.
  return order.payments.some(({ state }) => state === "open" || state === "paid") ? "confirming" : "unfinished";
}

/** The attempt that can be gone on with: the latest that is open. They are told latest first. */
export function openAttempt(order: Paid): { id: string; provider: string } | null {
  return order.payments.find(({ state }) => state === "open") ?? null;
}

/** Whether there is time left to pay. */
export function canPay(order: Paid, nowMs: number): boolean {
  return order.state === "unpaid" && nowMs < order.closes_ts;
}

/** Money of a cancelled order: some came in and goes back, it may come yet, or there never was any. */
export function moneyOf(order: Paid & { refunds: readonly { state: string }[] }): "back" | "maybe" | "none" {
  if (order.refunds.length > 0) return "back";
  return order.payments.some(({ state }) => state === "open") ? "maybe" : "none";
}
