/** Where in the picture's time somebody looks: live, or so far back. Pure. */
import type { Range } from "@shared/video/way";

/** Nearer to the live edge than this is live. */
export const LIVE_WITHIN_S = 3;
/** A window shorter than this is nothing to go back in. */
export const WINDOW_MIN_S = 15;

export interface Place {
  /** From 0, the oldest there is, to 1, live. */
  share: number;
  behindS: number;
  windowS: number;
}

export function placeOf(range: Range, atS: number): Place {
  const windowS = Math.max(0, range.liveS - range.startS);
  const behindS = Math.min(windowS, Math.max(0, range.liveS - atS));
  return { share: windowS === 0 ? 1 : 1 - behindS / windowS, behindS, windowS };
}

/** Where to go for a share of the window, and whether that is live. */
export function targetOf(range: Range, share: number): { atS: number; live: boolean } {
  const bounded = Math.min(1, Math.max(0, share));
  const atS = range.startS + bounded * (range.liveS - range.startS);
  return range.liveS - atS <= LIVE_WITHIN_S ? { atS: range.liveS, live: true } : { atS, live: false };
}
