/** What a batch came of and became, as rows: the nearest first, each with what went from one to the other. Pure. */
import type { BatchKin, BatchLineage, BatchLink } from "@shared/api-types";

export interface KinRow {
  batch: BatchKin;
  /** By which it is tied to the next one towards the batch that was asked for; several, where it went several ways. */
  ties: readonly { lot: string; units: number; kind: BatchLink["kind"] }[];
}

export function kinRows(lineage: BatchLineage, lot: string, way: "came_of" | "became"): KinRow[] {
  const kin = lineage[way];
  const lots = new Map([[lineage.batch, lot], ...kin.map(({ id, lot }) => [id, lot] as const)]);
  const steps = new Map([[lineage.batch, 0], ...kin.map(({ id, steps_away }) => [id, steps_away] as const)]);
  return [...kin]
    .sort((a, b) => a.steps_away - b.steps_away || a.made_at.localeCompare(b.made_at))
    .map((batch) => ({
      batch,
      ties: lineage.links
        .filter((link) => (way === "came_of" ? link.parent : link.child) === batch.id)
        .map((link) => ({ ...link, other: way === "came_of" ? link.child : link.parent }))
        .filter(({ other }) => (steps.get(other) ?? Infinity) < batch.steps_away)
        .map(({ other, units, kind }) => ({ lot: lots.get(other) ?? other, units, kind })),
    }));
}
