// The kin of a batch are told the nearest first, each with how much of what went where.
import { expect, it } from "vitest";
import type { BatchKin, BatchLineage } from "@shared/api-types";
import { kinRows } from "./lineage";

const kin = (id: string, steps_away: number, made_at = "2026-11-30T00:00:00Z"): BatchKin => ({
  id,
  lot: id.toUpperCase(),
  gtin: "",
  product: "",
  code: "",
  made_by: "split",
  made_at,
  steps_away,
});
const LINEAGE: BatchLineage = {
  batch: "m",
  came_of: [kin("a", 2), kin("b", 1)],
  became: [kin("y", 1, "2026-11-30T02:00:00Z"), kin("x", 1, "2026-11-30T01:00:00Z")],
  links: [
    { parent: "a", child: "b", units: 40, making: "1", kind: "split" },
    { parent: "b", child: "m", units: 30, making: "2", kind: "merge" },
    { parent: "m", child: "x", units: 20, making: "3", kind: "split" },
    { parent: "m", child: "y", units: 20, making: "3", kind: "split" },
  ],
  is_whole: true,
};

it("tells what a batch came of", () => {
  expect(kinRows(LINEAGE, "M", "came_of").map(({ batch, ties }) => [batch.id, ties])).toEqual([
    ["b", [{ lot: "M", units: 30, kind: "merge" }]],
    ["a", [{ lot: "B", units: 40, kind: "split" }]],
  ]);
});

it("tells what became of it, the earliest first", () => {
  expect(kinRows(LINEAGE, "M", "became").map(({ batch, ties }) => [batch.id, ties])).toEqual([
    ["x", [{ lot: "M", units: 20, kind: "split" }]],
    ["y", [{ lot: "M", units: 20, kind: "split" }]],
  ]);
});
