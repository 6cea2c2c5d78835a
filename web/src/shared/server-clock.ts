/**
 * The server's clock, from what it stamps. Pure: the time is an argument, ms, of a clock that nobody sets.
 *
 * Nothing is of the future, so each stamp is a bound from below: the server's clock was there already when it came. Of all, the one
 * that came fastest counts. What an answer was late by is half the shortest round trip that was seen: a single join may have taken seconds
 * on a slow link, or waited for its turn in a crowd.
 */
export interface ServerClock {
  /** Something stamped `ts` came at `atMs`. */
  heard: (ts: number, atMs: number) => void;
  /** The answer to what was asked at `askedMs` came at `atMs`, stamped `ts`; it may have been made for somebody a little before. */
  answered: (ts: number, askedMs: number, atMs: number) => void;
  /** Goes on always: a better guess that is earlier is waited for. */
  now: (atMs: number) => number;
}

/** The way back takes no longer; what a round trip took beyond that, it waited for on its way there. */
export const WAY_BACK_MAX_MS = 250;

export function serverClock(): ServerClock {
  /** From our clock to the server's, at least; null before anything was answered. */
  let leastMs: number | null = null;
  /** The same, by answers alone. */
  let answeredMs = Number.NEGATIVE_INFINITY;
  let wayBackMs = WAY_BACK_MAX_MS;
  let lastNow = Number.NEGATIVE_INFINITY;

  return {
    heard(ts, atMs) {
      if (leastMs !== null) leastMs = Math.max(leastMs, ts - atMs);
    },
    answered(ts, askedMs, atMs) {
      wayBackMs = Math.min(wayBackMs, Math.round((atMs - askedMs) / 2));
      answeredMs = Math.max(answeredMs, ts - atMs);
      leastMs = Math.max(leastMs ?? Number.NEGATIVE_INFINITY, ts - atMs);
    },
    now(atMs) {
      if (leastMs === null) return atMs;
      lastNow = Math.max(lastNow, atMs + Math.max(leastMs, answeredMs + wayBackMs));
      return lastNow;
    },
  };
}
