import { describe, expect, it } from "vitest";
import { momentAt, placeOf, roughly, spansOf } from "./timeline";

const T = 1_700_000_000_000;
// Two segments, half a minute that nobody kept, and one more.
const HOLED = [
  { startS: 0, durationS: 4, ts: T },
  { startS: 4, durationS: 4, ts: T + 4_001 },
  { startS: 8, durationS: 4, ts: T + 38_000 },
];

describe("spans", () => {
  it("go on over segments that follow one another, and end at a hole", () => {
    expect(spansOf(HOLED)).toEqual([
      { startS: 0, endS: 8, ts: T },
      { startS: 8, endS: 12, ts: T + 38_000 },
    ]);
  });

  it("take a segment without a time of its own along", () => {
    expect(
      spansOf([
        { startS: 0, durationS: 4, ts: T },
        { startS: 4, durationS: 2, ts: null },
      ]),
    ).toEqual([{ startS: 0, endS: 6, ts: T }]);
    expect(spansOf([{ startS: 0, durationS: 4, ts: null }])).toEqual([]);
  });
});

describe("the place of a moment", () => {
  const spans = spansOf(HOLED);

  it("is counted from the span that it is in", () => {
    expect(placeOf(spans, T + 5_000)).toBe(5);
    expect(placeOf(spans, T + 39_500)).toBe(9.5);
  });

  it("in a hole is where the picture comes back", () => {
    expect(placeOf(spans, T + 20_000)).toBe(8);
  });

  it("stays inside of the recording", () => {
    expect(placeOf(spans, T - 9_000)).toBe(0);
    expect(placeOf(spans, T + 99_000)).toBe(12);
    expect(placeOf([], T)).toBe(0);
    expect(placeOf(roughly(T, 60), T + 12_000)).toBe(12);
  });
});

describe("the moment of a place", () => {
  const spans = spansOf(HOLED);

  it("is counted from the span that it is in, over holes", () => {
    expect([momentAt(spans, 5), momentAt(spans, 9.5)]).toEqual([T + 5_000, T + 39_500]);
  });

  it("stays inside of the recording, and is unknown without one", () => {
    expect([momentAt(spans, 99), momentAt(spans, -1), momentAt([], 3)]).toEqual([T + 42_000, T, null]);
  });
});
