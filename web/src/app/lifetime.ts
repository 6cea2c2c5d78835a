/** When a token is renewed. Pure: clocks and chance are arguments. */

/** Of a life that makes no sense, e.g. because the server's answer has no date. */
const LIFE_MS = 15 * 60_000;
const LIFE_MIN_MS = 30_000;
const LIFE_MAX_MS = 24 * 3_600_000;

/** How long a token lives from now on, in ms: both moments are the server's, so the clock of the device has no part in it. */
export function lifeMs(expiresTs: number, answeredTs: number): number {
  const life = expiresTs - answeredTs;
  return Number.isFinite(life) ? Math.min(LIFE_MAX_MS, Math.max(LIFE_MIN_MS, life)) : LIFE_MS;
}

/**
 * How long to wait before it is renewed, in ms: about two thirds of its life, and spread, since tokens that were given at once,
 * after a restart of the server, would otherwise be renewed at once. `chance`: from 0 to 1.
 */
export function renewAfterMs(life: number, chance: number): number {
  return Math.round(life * (0.6 + chance * 0.13));
}

/** Two clocks: the one goes on while a device sleeps, the other is not set by anybody. */
export interface Moment {
  wallMs: number;
  steadyMs: number;
}

/** How long ago something was, in ms, by the clock that says longer. */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(now.wallMs - since.wallMs, now.steadyMs - since.steadyMs);
}
