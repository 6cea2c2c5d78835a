/**
 * The server's time where there is no room that tells it (room.ts has a finer one): by the Date of its answers. That has whole
 * seconds, so a clock that differs by less than two is taken for right.
 */
import { shallowRef } from "vue";

const RIGHT_MS = 2_000;

/** Clocks that are shown follow it at once. */
const aheadMs = shallowRef(0);

/** An answer said `date` (RFC 9110, 6.6.1) when our clock said `gotMs`. */
export function heardDate(date: string | null, gotMs: number): void {
  const saidMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(saidMs)) return;
  // Half a second on, on average, when it was cut off.
  const differsMs = saidMs + 500 - gotMs;
  aheadMs.value = Math.abs(differsMs) < RIGHT_MS ? 0 : differsMs;
}

/** Unix ms. */
export function serverNow(): number {
  return Date.now() + aheadMs.value;
}
