/** How old a picture is to be told: whether at all, and how good that is. Pure. */
import { PICTURE_BEHIND_MAX_MS } from "@shared/in-step";

/** Up to here it is simply live: nobody needs a number for that. */
export const TOLD_FROM_MS = 5_000;
/** From here on it is far behind what people say in the chat. */
export const FAR_FROM_MS = 15_000;

/** A picture that has just begun is on its way to where it will be: how old it is then is no news, and no praise either. */
export const SETTLED_MS = 5_000;

export type AgeTone = "live" | "late" | "far" | "unknown";

export interface Age {
  tone: AgeTone;
  /** ms; null: not to be told. */
  ms: number | null;
}

/**
 * `shownTs`, `nowTs`: the moment that the picture shows and the one it is, ms by the server's clock; `hasPicture`: something of it is
 * on the screen (before that, what a player reports is the distance to the beginning of everything). An age beyond all
 * reason tells that the clock was moved, and nothing of the picture.
 */
export function ageMsOf(shownTs: number | null, nowTs: number, hasPicture: boolean): number | null {
  if (shownTs === null || !hasPicture) return null;
  const ms = Math.max(0, nowTs - shownTs);
  return ms > PICTURE_BEHIND_MAX_MS ? null : ms;
}

/** `asked`: somebody wants to know. `settled`: it has played for a while. */
export function ageOf(ms: number | null, asked: boolean, settled = true): Age {
  if (ms === null || (ms >= TOLD_FROM_MS && !settled && !asked)) return { tone: "unknown", ms: null };
  if (ms >= FAR_FROM_MS) return { tone: "far", ms };
  if (ms >= TOLD_FROM_MS) return { tone: "late", ms };
  return { tone: "live", ms: asked ? ms : null };
}
