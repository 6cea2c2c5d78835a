/** Where a sale stands by itself at a moment of the server's clock, and what is a hold. Pure. */
import type { Hold, SaleCard } from "./wire";

/** Scheduled until its time or a word, then open until its time or a word. */
export function standing(
  { state, opens_ts, closes_ts }: Pick<SaleCard, "state" | "opens_ts" | "closes_ts">,
  nowTs: number,
): "soon" | "open" | "over" {
  if (state === "closed" || (closes_ts !== null && nowTs >= closes_ts)) return "over";
  return state === "open" || (opens_ts !== null && nowTs >= opens_ts) ? "open" : "soon";
}

/** Whether a value from outside has the members of a hold. */
export function isHold(value: unknown): value is Hold {
  if (typeof value !== "object" || value === null) return false;
  const { id, state, lines, expires_ts } = value as Partial<Record<keyof Hold, unknown>>;
  if (typeof id !== "string" || typeof state !== "string" || typeof expires_ts !== "number" || !Array.isArray(lines))
    return false;
  return lines.every(
    (line: Partial<Record<"sale" | "qty", unknown>> | null) =>
      typeof line?.sale === "string" && typeof line.qty === "number",
  );
}
