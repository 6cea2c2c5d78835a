/** Which chapter a moment of a recording belongs to. Pure. */
import type { Chapter } from "@shared/api-types";

/** A jump lands on a picture, which may begin a little before the moment that was asked for. */
const SLACK_MS = 500;

/** Its index; -1 before the first one, and while no moment is known. */
export function chapterAt(chapters: readonly Pick<Chapter, "at_ts">[], ts: number | null): number {
  return ts === null ? -1 : chapters.findLastIndex(({ at_ts }) => at_ts - SLACK_MS <= ts);
}
