/** When to tell that the link is slow, and when it is too slow for a picture. Pure: the time is an argument. */
import { SLOW_START } from "@shared/video/pace";
import type { Link } from "@shared/video/way";

export interface Seen {
  phase: "loading" | "waiting" | "other";
  /** For how long it has been in that phase, ms. */
  forMs: number;
  /** Of the last `LATELY_MS`, how long it loaded or waited. */
  waitedMs: number;
  link: Link | null;
}

export type Slow = "no" | "slow" | "too slow";

/** To wait for longer than this is told. */
export const LOADING_MS = 5_000;
export const WAITING_MS = 2_500;
/** To run dry so often is told, however short each was. */
export const DRY_MAX = 2;
/** Less than this of what the picture takes cannot come right by waiting. */
export const ENOUGH = 0.85;
/** While parts are loaded, round trips take much of the time: then far less tells of the link itself. */
export const ENOUGH_IN_PARTS = 0.5;
/** Waiting for so much of the last while, the picture is given up for the sound. */
export const LATELY_MS = 20_000;
export const GIVE_UP_MS = 8_000;
/** What was told stays for so long, or it would flicker. */
export const TOLD_MS = 6_000;

export function slowness({ phase, forMs, waitedMs, link }: Seen): Slow {
  if (phase !== "other" && waitedMs > GIVE_UP_MS && carriesTooLittle(link)) return "too slow";
  const long = (phase === "loading" && forMs > LOADING_MS) || (phase === "waiting" && forMs > WAITING_MS);
  return long || (link?.dryLately ?? 0) >= DRY_MAX ? "slow" : "no";
}

/** By what came while it waited, when the link had nothing else to do. */
function carriesTooLittle(link: Link | null): boolean {
  if (!link || link.deliveredBps === null || link.neededBps === null) return false;
  return link.deliveredBps < (link.step >= SLOW_START ? ENOUGH : ENOUGH_IN_PARTS) * link.neededBps;
}
