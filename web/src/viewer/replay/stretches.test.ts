import { describe, expect, it } from "vitest";
import { bufferedIn, shareOf } from "./stretches";

const ranges = (...pairs: [number, number][]): Pick<TimeRanges, "length" | "start" | "end"> => ({
  length: pairs.length,
  start: (index) => pairs[index]?.[0] ?? 0,
  end: (index) => pairs[index]?.[1] ?? 0,
});

describe("what is buffered", () => {
  it("is one stretch where holes are too small to see", () => {
    expect(bufferedIn(ranges([0, 10], [10.1, 20], [40, 50]))).toEqual([
      { startS: 0, endS: 20 },
      { startS: 40, endS: 50 },
    ]);
    expect(bufferedIn(ranges())).toEqual([]);
  });
});

describe("a place on the line", () => {
  it("stays on it", () => {
    expect([shareOf(30, 120), shareOf(-3, 120), shareOf(200, 120), shareOf(5, 0)]).toEqual([0.25, 0, 1, 0]);
  });
});
