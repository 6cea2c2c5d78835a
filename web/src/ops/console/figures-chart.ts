/** Series of figures as a chart: one axis of moments, and a value of each series there, or none. Pure. */
import type { ChartData } from "@kit/chart/options";
import type { Series } from "@staff/series";

export function chartOf(named: readonly { name: string; series: Series }[]): ChartData {
  const at = [...new Set(named.flatMap(({ series }) => series.map(({ ts }) => ts)))].sort((one, other) => one - other);
  return {
    axis: { kind: "time", at },
    series: named.map(({ name, series }) => {
      const values = new Map(series.map(({ ts, value }) => [ts, value]));
      return { name, kind: "line", values: at.map((ts) => values.get(ts) ?? null) };
    }),
  };
}
