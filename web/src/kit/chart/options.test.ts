// A chart and the table beside it show the same numbers; nothing of it is HTML, which the policy forbids.
import { describe, expect, it } from "vitest";
import { chartOptions, chartRows, type ChartColours, type ChartData } from "./options";

const COLOURS: ChartColours = {
  ink: "#111111",
  quiet: "#222222",
  line: "#333333",
  surface: "#ffffff",
  series: ["#00aa00", "#0000aa"],
  font: "serif",
};
const WORDS = { title: "Viewers", value: (value: number) => `${value}`, moment: (ms: number) => `at ${ms}` };
const TIME: ChartData = {
  axis: { kind: "time", at: [1_000, 2_000] },
  series: [
    { name: "Viewers", kind: "line", values: [3, null] },
    { name: "Likes", kind: "line", values: [1, 5] },
  ],
};

describe("a chart", () => {
  it("has its values where they were", () => {
    const { series, xAxis } = chartOptions(TIME, COLOURS, WORDS, false) as Record<
      string,
      { type: string; data?: unknown }[]
    > & {
      xAxis: { type: string };
    };
    expect([xAxis.type, series?.map(({ data }) => data)]).toEqual([
      "time",
      [
        [
          [1_000, 3],
          [2_000, null],
        ],
        [
          [1_000, 1],
          [2_000, 5],
        ],
      ],
    ]);
  });

  it("draws what is pointed at, and moves only for who wants that", () => {
    const told = chartOptions(TIME, COLOURS, WORDS, true) as { tooltip: { renderMode: string }; animation: boolean };
    expect([told.tooltip.renderMode, told.animation]).toEqual(["richText", false]);
  });

  it("is a table as well, the last moment first", () => {
    expect(chartRows(TIME)).toEqual([
      { at: 2_000, values: [null, 5] },
      { at: 1_000, values: [3, 1] },
    ]);
    expect(
      chartRows({ axis: { kind: "names", at: ["A", "B"] }, series: [{ name: "n", kind: "bar", values: [1, 2] }] }),
    ).toEqual([
      { at: "A", values: [1] },
      { at: "B", values: [2] },
    ]);
  });
});
