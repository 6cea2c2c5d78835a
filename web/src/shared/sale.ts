/** Where a sale stands by itself at a moment of the server's clock. Pure. */
import type { SaleCard } from "./wire";

/** Scheduled until its time or a word, then open until its time or a word. */
export function standing({ state, opens_ts, closes_ts }: Pick<SaleCard, "state" | "opens_ts" | "closes_ts">, nowTs: number): "soon" | "open" | "over" {
  if (state === "closed" || (closes_ts !== null && nowTs >= closes_ts)) return "over";
  return state === "open" || (opens_ts !== null && nowTs >= opens_ts) ? "open" : "soon";
}
