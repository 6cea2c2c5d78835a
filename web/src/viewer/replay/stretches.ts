/** Stretches of a recording's time, in seconds, and their places on a line. Pure. */
export interface Stretch {
  startS: number;
  endS: number;
}

/** Holes shorter than this are not drawn: sound and picture end a little apart. */
const JOINED_S = 0.3;

export function bufferedIn(ranges: Pick<TimeRanges, "length" | "start" | "end">): Stretch[] {
  const stretches: Stretch[] = [];
  for (let index = 0; index < ranges.length; index++) {
    const [startS, endS] = [ranges.start(index), ranges.end(index)];
    const last = stretches.at(-1);
    if (last && startS - last.endS < JOINED_S) last.endS = endS;
    else stretches.push({ startS, endS });
  }
  return stretches;
}

/** From 0 to 1: where on the line a place is. */
export function shareOf(atS: number, durationS: number): number {
  return durationS > 0 ? Math.min(1, Math.max(0, atS / durationS)) : 0;
}
