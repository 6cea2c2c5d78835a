import { describe, expect, it } from "vitest";
import { chapterAt } from "./chapters";

const CHAPTERS = [{ at_ts: 10_000 }, { at_ts: 60_000 }, { at_ts: 90_000 }];

describe("the chapter of a moment", () => {
  it("is the last one that had begun", () =>
    expect([10_000, 59_000, 60_000, 89_000, 500_000].map((ts) => chapterAt(CHAPTERS, ts))).toEqual([0, 0, 1, 1, 2]));

  it("is that which was jumped to, though the picture begins a little earlier", () =>
    expect(chapterAt(CHAPTERS, 59_700)).toBe(1));

  it("is none before the first, without a moment, and without chapters", () => {
    expect(chapterAt(CHAPTERS, 9_000)).toBe(-1);
    expect(chapterAt(CHAPTERS, null)).toBe(-1);
    expect(chapterAt([], 60_000)).toBe(-1);
  });
});
