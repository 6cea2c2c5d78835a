/** What is said of an announced start. Pure. */

/** From here on a show is about to start. */
export const SOON_MS = 30 * 60_000;
/** So long after it, it may still come at any moment; then nobody should count on it. */
const LATE_MS = 3 * 3_600_000;

/** `later`: its day and hour tell. `soon`: it is near, or a little late. `unknown`: no start is known, or it has long passed. */
export type Announced = "later" | "soon" | "unknown";

/** `startsTs`, `nowTs`: Unix ms; null: none was announced. */
export function announced(startsTs: number | null, nowTs: number): Announced {
  if (startsTs === null || nowTs - startsTs > LATE_MS) return "unknown";
  return startsTs - nowTs > SOON_MS ? "later" : "soon";
}
