// A series holds ten minutes and no more, and its line stays inside its box.
import { describe, expect, it } from "vitest";
import { peak, SERIES_MAX, SERIES_SPAN_MS, sparkline, withSample, type Series } from "./series";

const BOX = { width: 100, height: 20, margin: 2 };

describe("withSample", () => {
  it("lets go of what is older than the span", () => {
    let series: Series = [
      { ts: 0, value: 1 },
      { ts: 1_000, value: 2 },
    ];
    series = withSample(series, { ts: SERIES_SPAN_MS + 500, value: 3 });
    expect(series).toEqual([
      { ts: 1_000, value: 2 },
      { ts: SERIES_SPAN_MS + 500, value: 3 },
    ]);
  });

  it("replaces a sample of the same moment", () => {
    expect(withSample([{ ts: 5, value: 1 }], { ts: 5, value: 2 })).toEqual([{ ts: 5, value: 2 }]);
  });

  it("holds a bounded number of samples", () => {
    let series: Series = [];
    for (let ts = 0; ts < SERIES_MAX + 50; ts += 1) series = withSample(series, { ts, value: ts });
    expect(series).toHaveLength(SERIES_MAX);
    expect(series[0]?.ts).toBe(50);
  });
});

describe("sparkline", () => {
  it("draws nothing of fewer than two samples", () => {
    expect(sparkline([{ ts: 1, value: 1 }], BOX)).toEqual({ line: "", area: "" });
  });

  it("runs from the floor to the peak, left to right", () => {
    const { line, area } = sparkline(
      [
        { ts: 0, value: 0 },
        { ts: 30_000, value: 5 },
        { ts: 60_000, value: 10 },
      ],
      BOX,
    );
    expect(line).toBe("M0 18L50 10L100 2");
    expect(area).toBe("M0 18L50 10L100 2L100 20L0 20Z");
  });

  it("lets a young series grow from the right", () => {
    expect(
      sparkline(
        [
          { ts: 0, value: 4 },
          { ts: 6_000, value: 4 },
        ],
        BOX,
      ).line,
    ).toBe("M90 2L100 2");
  });

  it("stays on the floor when all is zero", () => {
    expect(
      sparkline(
        [
          { ts: 0, value: 0 },
          { ts: 60_000, value: 0 },
        ],
        BOX,
      ).line,
    ).toBe("M0 18L100 18");
    expect(peak([])).toBe(0);
  });
});
