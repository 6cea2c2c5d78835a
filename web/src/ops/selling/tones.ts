/** Which colour a state has: what waits for somebody stands out, what is over is quiet. Pure. */
import type { CaseSummary, ListedRefund, Order } from "@shared/api-types";

export type Tone = "plain" | "good" | "warn" | "bad";

export function orderTone(state: Order["state"]): Tone {
  if (state === "unpaid") return "warn";
  return state === "cancelled" || state === "done" ? "plain" : "good";
}

export function refundTone({ state, is_rejected }: Pick<ListedRefund, "state" | "is_rejected">): Tone {
  if (state === "failed") return is_rejected ? "plain" : "bad";
  return state === "paid" ? "good" : "warn";
}

export function paymentTone(state: string): Tone {
  return state === "paid" ? "good" : state === "open" ? "warn" : "plain";
}

export function caseTone({ state, is_overdue }: Pick<CaseSummary, "state" | "is_overdue">): Tone {
  if (is_overdue) return "bad";
  return state === "open" ? "warn" : state === "decided" ? "good" : "plain";
}

export function fapiaoTone(state: "requested" | "issued" | "rejected"): Tone {
  return state === "requested" ? "warn" : state === "issued" ? "good" : "plain";
}
