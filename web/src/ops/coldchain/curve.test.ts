// A gap is a gap: nothing is drawn over it, the table has a row for it, and it is told by its times.
import { describe, expect, it } from "vitest";
import { chartRows } from "@kit/chart/options";
import { curveData, gapsOf } from "./curve";

const CURVE = {
  lines: [
    { at_ms: [1_000, 2_000], celsius: [3.5, 4] },
    { at_ms: [10_000], celsius: [-1] },
  ],
};
const NAMES = { measured: "Measured", high: "At most", low: "At least" };

describe("a curve", () => {
  it("has its limits beside it, and none where there is none", () => {
    const { series, scale } = curveData(CURVE, { high_c: 4, low_c: null }, NAMES);
    expect(scale).toBe("measure");
    expect(series).toEqual([
      { name: "Measured", kind: "line", values: [3.5, 4, null, -1] },
      { name: "At most", kind: "line", dashed: true, values: [4, 4, 4, 4] },
    ]);
  });

  it("has its gap in the table", () => {
    expect(chartRows(curveData(CURVE, { high_c: null, low_c: null }, NAMES))).toEqual([
      { at: 10_000, values: [-1] },
      { at: 6_000, values: [null] },
      { at: 2_000, values: [4] },
      { at: 1_000, values: [3.5] },
    ]);
  });

  it("of nothing is empty", () => {
    expect(curveData({ lines: [] }, { high_c: 8, low_c: 0 }, NAMES).axis.at).toEqual([]);
    expect(gapsOf({ lines: [] }, 60, 1e9)).toEqual([]);
  });

  it("tells its gaps, and that it has been silent since", () => {
    expect(gapsOf(CURVE, 5, 12_000)).toEqual([{ from: 2_000, until: 10_000 }]);
    expect(gapsOf(CURVE, 5, 15_001)).toEqual([
      { from: 2_000, until: 10_000 },
      { from: 10_000, until: null },
    ]);
  });
});
