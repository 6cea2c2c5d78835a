/** Days of a filter as moments of the server: "2026-05-01" by the shop's clock. Pure. */
import { momentOf } from "@shared/zone";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** ISO 8601, UTC; undefined for what is no day. */
export function beginningOf(day: string | undefined, zone: string): string | undefined {
  const ms = day && DAY.test(day) ? momentOf(`${day}T00:00`, zone) : "pattern";
  return typeof ms === "number" ? new Date(ms).toISOString() : undefined;
}

/** When the day is over. */
export function endOf(day: string | undefined, zone: string): string | undefined {
  return beginningOf(day && DAY.test(day) ? dayAfter(day) : undefined, zone);
}

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`).getTime() + 86_400_000;
  return Number.isNaN(next) ? "" : new Date(next).toISOString().slice(0, 10);
}
