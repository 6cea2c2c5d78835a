/** A sensor's curve as a chart and a table, with its gaps as gaps. Pure. */
import type { Curves, SensorCurve } from "@shared/api-types";
import type { ChartData } from "@kit/chart/options";

export interface CurveNames {
  measured: string;
  high: string;
  low: string;
}

/** A place without a value between two lines breaks what is drawn, and is a row of its own in the table. */
export function curveData(
  curve: Pick<SensorCurve, "lines">,
  { high_c, low_c }: Pick<Curves, "high_c" | "low_c">,
  names: CurveNames,
): ChartData {
  const at: number[] = [];
  const measured: (number | null)[] = [];
  for (const { at_ms, celsius } of curve.lines) {
    const [last, first] = [at.at(-1), at_ms[0]];
    if (first === undefined) continue;
    if (last !== undefined) {
      at.push(Math.round((last + first) / 2));
      measured.push(null);
    }
    at.push(...at_ms);
    measured.push(...celsius);
  }
  const limit = (name: string, value: number | null) =>
    value === null ? [] : [{ name, kind: "line" as const, dashed: true, values: at.map(() => value) }];
  return {
    axis: { kind: "time", at },
    series: [
      { name: names.measured, kind: "line", values: measured },
      ...limit(names.high, high_c),
      ...limit(names.low, low_c),
    ],
    scale: "measure",
  };
}

/** When nobody knows how warm it was: between lines, and since the last reading where that is too long ago. Unix ms. */
export function gapsOf(
  curve: Pick<SensorCurve, "lines">,
  gapS: number,
  untilMs: number,
): { from: number; until: number | null }[] {
  const gaps: { from: number; until: number | null }[] = [];
  let last: number | undefined;
  for (const { at_ms } of curve.lines) {
    const first = at_ms[0];
    if (last !== undefined && first !== undefined) gaps.push({ from: last, until: first });
    last = at_ms.at(-1) ?? last;
  }
  if (last !== undefined && untilMs - last > gapS * 1_000) gaps.push({ from: last, until: null });
  return gaps;
}
