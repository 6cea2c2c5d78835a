/** What was said at a moment of a show: lines by when they were shown, in stretches that caches keep. Pure. */
import { moderated } from "@shared/reduce";
import type { ChatLine, ControlData } from "@shared/wire";

/** A line, and when viewers saw it (Unix ms). */
export interface ShownLine {
  at_ts: number;
  line: ChatLine;
}

/** The server gives so much at once. */
export const STRETCH_MS = 600_000;
/** Near the beginning of a stretch, what was said just before belongs to the moment, too. */
export const BEFORE_MS = 120_000;
/** So many lines are shown; older ones went up and away. */
export const SAID_MAX = 60;

/** Which stretches, counted from the beginning of the recording, make up a moment; the last is the one it is in. */
export function stretchesFor(startedTs: number, momentTs: number): number[] {
  const sinceMs = Math.max(0, momentTs - startedTs);
  const index = Math.floor(sinceMs / STRETCH_MS);
  return index > 0 && sinceMs - index * STRETCH_MS < BEFORE_MS ? [index - 1, index] : [index];
}

/** Lines after a moderator took some away. */
export function moderatedSaid(lines: ShownLine[], data: ControlData): ShownLine[] {
  const kept = new Set(
    moderated(
      lines.map(({ line }) => line),
      data,
    ),
  );
  return lines.filter(({ line }) => kept.has(line));
}

/** The lines that stood there at that moment, oldest first. `lines` are in the order in which they were shown. */
export function saidAt(lines: readonly ShownLine[], momentTs: number): ChatLine[] {
  const next = lines.findIndex(({ at_ts }) => at_ts > momentTs);
  const end = next < 0 ? lines.length : next;
  return lines.slice(Math.max(0, end - SAID_MAX), end).map(({ line }) => line);
}
