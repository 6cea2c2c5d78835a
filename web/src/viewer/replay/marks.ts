/** Chapters as places in the recording: which product is explained from where to where. Pure. */
import type { Chapter } from "@shared/api-types";
import type { Card } from "@shared/wire";
import { markKey } from "./explained";
import { placeOf, type Span } from "./timeline";

export interface Mark {
  /** The same product may be explained twice. */
  key: string;
  startS: number;
  endS: number;
  card: Card;
}

/** Shorter than this nothing of the product can be seen, e.g. because a hole swallowed it. */
const SEEN_S = 0.5;
/** A mark begins a moment before its product is on the picture, so that a jump to it is in it. */
const WITHIN_S = 0.05;

export function marksOf(chapters: readonly Chapter[], spans: readonly Span[], durationS: number): Mark[] {
  const starts = chapters.map(({ at_ts }) => Math.min(durationS, placeOf(spans, at_ts)));
  return chapters
    .map(({ at_ts, card }, index) => ({
      key: markKey(card.id, at_ts),
      startS: starts[index] ?? 0,
      endS: starts[index + 1] ?? durationS,
      card,
    }))
    .filter(({ startS, endS }) => endS - startS >= SEEN_S);
}

/** The mark that a place is in; null before the first one. */
export function markAt(marks: readonly Mark[], atS: number): Mark | null {
  return marks.findLast(({ startS }) => startS <= atS + WITHIN_S) ?? null;
}
