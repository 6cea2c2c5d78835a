/**
 * Between the moments of a show (Unix ms) and places in its recording (seconds). A recording has holes, where the show went on and
 * nothing was kept (a crash, a full disk), so the one is not the other less its beginning. Pure.
 */
import type { Piece } from "@shared/video/replay-way";

/** A stretch without a hole: from `startS` to `endS` of the recording, which began at `ts`. */
export interface Span {
  startS: number;
  endS: number;
  ts: number;
}

/** Times are rounded to milliseconds, and a segment is as long as its pictures: less than this is no hole. */
const HOLE_S = 0.5;

/** The spans of what a playlist lists, in its order. */
export function spansOf(pieces: readonly Piece[]): Span[] {
  const spans: Span[] = [];
  for (const { startS, durationS, ts } of pieces) {
    const last = spans.at(-1);
    if (last && (ts === null || Math.abs(momentIn(last, startS) - ts) < HOLE_S * 1_000)) last.endS = startS + durationS;
    else if (ts !== null) spans.push({ startS, endS: startS + durationS, ts });
  }
  return spans;
}

/** What is known of a recording before its playlist is there: it began then, and is so long. */
export function roughly(startedTs: number, durationS: number): Span[] {
  return [{ startS: 0, endS: durationS, ts: startedTs }];
}

/** Where in the recording a moment is; in a hole or before the beginning, what comes next; after the end, the end. */
export function placeOf(spans: readonly Span[], ts: number): number {
  for (const span of spans) {
    const atS = span.startS + (ts - span.ts) / 1_000;
    if (atS < span.endS) return Math.max(span.startS, atS);
  }
  return spans.at(-1)?.endS ?? 0;
}

/** The moment that a place in the recording shows; null where nothing is known of it. */
export function momentAt(spans: readonly Span[], atS: number): number | null {
  const span = spans.findLast(({ startS }) => startS <= atS) ?? spans[0];
  return span ? momentIn(span, Math.min(Math.max(atS, span.startS), span.endS)) : null;
}

function momentIn(span: Span, atS: number): number {
  return span.ts + (atS - span.startS) * 1_000;
}
