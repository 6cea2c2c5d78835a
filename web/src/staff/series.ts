/** The last minutes of a figure, bounded in time and in number, and the line that shows them. Pure. */
export interface Sample {
  ts: number;
  value: number;
}

export type Series = readonly Sample[];

export const SERIES_SPAN_MS = 600_000;
/** Figures come every 2 s; twice that leaves room for bursts after a reconnect. */
export const SERIES_MAX = 600;
/** Time shown at the least. */
const SHORTEST_MS = 60_000;

/** The series with one more sample; one that is not newer than the last replaces it. */
export function withSample(series: Series, sample: Sample): Series {
  const oldest = sample.ts - SERIES_SPAN_MS;
  const kept = series.filter((other) => other.ts < sample.ts && other.ts >= oldest);
  return [...kept, sample].slice(-SERIES_MAX);
}

/** The largest value; 0 of nothing. */
export function peak(series: Series): number {
  return series.reduce((most, { value }) => Math.max(most, value), 0);
}

export interface Box {
  width: number;
  height: number;
  /** Kept free above and below, so that the line is not cut. */
  margin: number;
}

/**
 * SVG path data of the line and of the area under it. Time runs over the series, at least over a minute (so a young one
 * grows from the right); values from 0 to the peak. Empty strings for fewer than two samples.
 */
export function sparkline(series: Series, box: Box): { line: string; area: string } {
  const last = series.at(-1);
  const first = series[0];
  if (!last || !first || series.length < 2) return { line: "", area: "" };
  const span = Math.max(last.ts - first.ts, SHORTEST_MS);
  const top = Math.max(peak(series), 1);
  const x = (ts: number): number => round(box.width - ((last.ts - ts) / span) * box.width);
  const y = (value: number): number => round(box.height - box.margin - (value / top) * (box.height - 2 * box.margin));
  const line = series.map(({ ts, value }, index) => `${index === 0 ? "M" : "L"}${x(ts)} ${y(value)}`).join("");
  return { line, area: `${line}L${x(last.ts)} ${box.height}L${x(first.ts)} ${box.height}Z` };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
