/** How long to wait before the next try: doubling up to a bound, and spread, so that many clients do not come at once. Pure. */
export interface Bounds {
  minMs: number;
  maxMs: number;
}

/** `attempt` counts from 0; `chance` is from 0 to 1 and moves the wait between three and five quarters of its size. */
export function backoffMs(attempt: number, { minMs, maxMs }: Bounds, chance: number): number {
  const wait = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.round(wait * (0.75 + chance / 2));
}
