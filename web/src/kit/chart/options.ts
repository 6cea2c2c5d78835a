/** What a chart shows, and what ECharts is told of it. Pure: colours and texts come in. */
import type { EChartsCoreOption } from "echarts/core";

export interface ChartSeries {
  name: string;
  kind: "line" | "bar";
  /** One for each place of the axis; null: not known. */
  values: readonly (number | null)[];
  /** A limit, say, and nothing that was measured. */
  dashed?: boolean;
}

export interface ChartData {
  /** What the places of the axis are: moments (Unix ms), or names. */
  axis: { kind: "time"; at: readonly number[] } | { kind: "names"; at: readonly string[] };
  series: readonly ChartSeries[];
  /** A measure may be below nought, and is drawn as large as it goes; left out, it is a count, from nought on. */
  scale?: "measure";
}

/** As CSS colours, read from the tokens. */
export interface ChartColours {
  ink: string;
  quiet: string;
  line: string;
  surface: string;
  series: readonly string[];
  font: string;
}

export interface ChartWords {
  /** What the chart is of, for who does not see it. */
  title: string;
  value: (value: number) => string;
  moment: (ms: number) => string;
}

export function chartOptions(
  data: ChartData,
  colours: ChartColours,
  words: ChartWords,
  calm: boolean,
): EChartsCoreOption {
  const { axis, series } = data;
  const label = { color: colours.quiet, fontFamily: colours.font, fontSize: 11 };
  return {
    animation: !calm,
    color: [...colours.series],
    textStyle: { fontFamily: colours.font, color: colours.ink },
    // Read out in place of a picture; the numbers themselves are in the table beside it.
    aria: { enabled: true, label: { description: words.title } },
    grid: { left: 8, right: 12, top: series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
    ...(series.length > 1
      ? { legend: { top: 0, left: 0, icon: "roundRect", textStyle: label, inactiveColor: colours.line } }
      : {}),
    tooltip: {
      trigger: "axis",
      // Drawn on the canvas: what HTML tooltips write into style attributes the policy forbids.
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === "number" ? words.value(value) : "–"),
    },
    // A key that is there without a value is no default to ECharts.
    xAxis: {
      ...(axis.kind === "time"
        ? {
            type: "time",
            axisPointer: { label: { formatter: ({ value }: { value: number }) => words.moment(value) } },
            axisLabel: { ...label, hideOverlap: true, formatter: words.moment },
          }
        : { type: "category", data: [...axis.at], axisLabel: { ...label, hideOverlap: true } }),
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      ...(data.scale === "measure" ? { scale: true } : { min: 0, minInterval: 1 }),
      axisLabel: { ...label, formatter: words.value },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: series.map(({ name, kind, values, dashed }) => ({
      name,
      type: kind,
      showSymbol: false,
      symbolSize: 6,
      ...(kind === "line"
        ? { lineStyle: { width: dashed ? 1.5 : 2, ...(dashed ? { type: "dashed" } : {}) } }
        : { barMaxWidth: 36 }),
      data: axis.kind === "time" ? values.map((value, index) => [axis.at[index], value]) : [...values],
    })),
  };
}

/** The same numbers as rows: the place of the axis, then a value for each series. Last first where they are moments. */
export function chartRows({ axis, series }: ChartData): { at: number | string; values: (number | null)[] }[] {
  const rows = axis.at.map((at, index) => ({ at, values: series.map(({ values }) => values[index] ?? null) }));
  return axis.kind === "time" ? rows.reverse() : rows;
}
