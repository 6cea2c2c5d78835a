/**
 * How near to the live edge a picture is played. A link that cannot keep up is not pulled back to the edge for ever: each time the
 * picture keeps running dry it takes a step back, plays from there, and waits for more to be there before it goes on. Pure.
 *
 *     parts, at the edge --dry--> parts, 2 s more --dry--> whole segments --dry--> whole segments, 8 s more
 *              ^-------------------- well for a while (longer after each relapse), one step --------------------'
 *
 * Where what is loaded comes fast (link.ts), it was a busy machine, or a wrong guess, and no slow link: then well is far shorter.
 *
 * A part of 0.2 s costs a round trip of its own and each track loads one after the other, so a link of 200 ms and more never gets
 * there in time, whatever its bit rate. Whole segments cost a round trip for some seconds.
 */
export interface Step {
  /** Load parts, or only whole segments. */
  parts: boolean;
  /** Behind what the playlist asks for (PART-HOLD-BACK, HOLD-BACK), seconds. */
  extraS: number;
  /** Run dry, it goes on when so much is there, seconds. */
  refillS: number;
}

export const STEPS: readonly [Step, ...Step[]] = [
  { parts: true, extraS: 0, refillS: 0 },
  { parts: true, extraS: 2, refillS: 1.5 },
  { parts: false, extraS: 0, refillS: 3 },
  { parts: false, extraS: 8, refillS: 8 },
];
/** Where a link that is known to be slow begins. */
export const SLOW_START = 2;
/** So many times dry within so long is a step back: once can happen to anybody. */
export const DRY_MAX = 2;
export const DRY_WITHIN_MS = 20_000;
/** Well for so long is a step forward; twice as long after each relapse, up to the bound. */
export const WELL_MS = 60_000;
export const WELL_MS_MAX = 600_000;
/** So much of that is enough while loads are fast. */
export const FAST_SHARE = 1 / 8;
/** The same, where it began further back because the link was thought to be slow: that may be wrong. */
export const GUESS_MS = 20_000;

export interface Pace {
  readonly index: number;
  /** When it ran dry, ms, since the last step. */
  readonly dry: readonly number[];
  /** Since when all is well, ms. */
  readonly wellFrom: number;
  readonly wellMs: number;
  /** It began further back on a guess, which nothing has borne out yet. */
  readonly guessed: boolean;
}

export function paceFrom(index: number, nowMs: number): Pace {
  return { index, dry: [], wellFrom: nowMs, wellMs: index === 0 ? WELL_MS : GUESS_MS, guessed: index > 0 };
}

export function stepOf({ index }: Pace): Step {
  return STEPS[index] ?? STEPS[0];
}

/** The picture ran dry. */
export function ranDry(pace: Pace, nowMs: number): Pace {
  const dry = [...pace.dry.filter((at) => nowMs - at < DRY_WITHIN_MS), nowMs];
  if (dry.length < DRY_MAX || pace.index === STEPS.length - 1)
    return { ...pace, dry: dry.slice(-DRY_MAX), wellFrom: nowMs, guessed: false };
  return { index: pace.index + 1, dry: [], wellFrom: nowMs, wellMs: pace.wellMs, guessed: false };
}

/** Time has passed, without running dry. `fast`: what was loaded last came faster than need be. */
export function wentWell(pace: Pace, nowMs: number, fast = false): Pace {
  if (pace.index === 0) return pace;
  if (pace.guessed && fast) return paceFrom(0, nowMs);
  if (nowMs - pace.wellFrom < pace.wellMs * (fast ? FAST_SHARE : 1)) return pace;
  return {
    index: pace.index - 1,
    dry: [],
    wellFrom: nowMs,
    wellMs: Math.min(WELL_MS_MAX, 2 * pace.wellMs),
    guessed: false,
  };
}
