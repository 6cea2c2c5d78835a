/** What an order's page says of the batches in it. Pure. */
import type { Latest, OrderLine } from "@shared/api-types";
import type { State } from "./orders";

/** More than that are on their own pages. */
const BATCHES_MAX = 5;
const MINUTE_MS = 60_000;
/** What was measured longer ago is no temperature of now. */
const OLD_MS = 30 * MINUTE_MS;

/** Each batch once, with what of it was bought. */
export function batchesOf(lines: readonly OrderLine[]): readonly { id: string; titles: readonly string[] }[] {
  const found = new Map<string, string[]>();
  for (const { batch, title } of lines) {
    if (batch === undefined) continue;
    const titles = found.get(batch) ?? [];
    if (!titles.includes(title)) titles.push(title);
    found.set(batch, titles);
  }
  return [...found].slice(0, BATCHES_MAX).map(([id, titles]) => ({ id, titles }));
}

/** Whether where it is concerns the buyer: afterwards the van drives for others. */
export function isUnderWay(state: State): boolean {
  return state === "paid" || state === "preparing" || state === "dispatched";
}

export interface JourneyStep {
  kind: Latest["made_by"] | NonNullable<Latest["step"]>["kind"] | "on_the_way";
  at: string;
  place: string | null;
}

export interface JourneyRow {
  step: JourneyStep;
  /** Null where nothing is measured. `minutes` ago; null: too long ago to count. */
  warmth: { celsius: number; minutes: number | null; at: string } | null;
  tone: "good" | "bad" | "old" | "silent" | "none";
}

/** `nowMs`: by the server's clock. */
export function journeyOf(latest: Latest, isWaitedFor: boolean, nowMs: number): JourneyRow {
  const done = latest.step ?? { kind: latest.made_by, at: latest.made_at, place: latest.made_in };
  if (!isWaitedFor || latest.on_the_way_since === null) return { step: done, warmth: null, tone: "none" };
  const step = { kind: "on_the_way" as const, at: latest.on_the_way_since, place: null };
  const { celsius, measured_at } = latest;
  if (celsius === null || measured_at === null) return { step, warmth: null, tone: "silent" };
  const agoMs = Math.max(0, nowMs - Date.parse(measured_at));
  const isOld = agoMs > OLD_MS;
  const warmth = { celsius, minutes: isOld ? null : Math.floor(agoMs / MINUTE_MS), at: measured_at };
  return { step, warmth, tone: latest.is_out_of_limits ? "bad" : isOld ? "old" : "good" };
}
