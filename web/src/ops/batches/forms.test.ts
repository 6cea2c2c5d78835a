// What is typed about a batch, a step or a making becomes the server's body, and whatever it would refuse is a fault of its field.
import { describe, expect, it } from "vitest";
import {
  batchForm,
  checkBatch,
  checkMaking,
  checkSheet,
  checkStep,
  isGtin,
  makingForm,
  noOutput,
  stepForm,
  unitsOf,
  type BatchForm,
  type MakingForm,
} from "./forms";

const NOW_MS = Date.parse("2026-11-30T10:00:00Z");
const CLOCK = { nowMs: NOW_MS, zone: "Asia/Shanghai" };
const PLACE = { name: "East field", lat: "30.12", lon: "120.08", datum: "wgs84" } as const;
const filled = (change: Partial<BatchForm> = {}): BatchForm => ({
  ...batchForm(CLOCK),
  product: "blueberries",
  gtin: "09520123456788",
  units: "480",
  place: { ...PLACE },
  ...change,
});

describe("a GTIN", () => {
  it.each(["09520123456788", "9520123456788", "96385074"])("%s has its check digit", (text) => {
    expect(isGtin(text)).toBe(true);
  });
  it.each(["09520123456789", "952012345678", "", "0952012345678X"])("%s is none", (text) => {
    expect(isGtin(text)).toBe(false);
  });
});

describe("a batch", () => {
  it("begins with a lot of the day by the shop's clock", () => {
    expect(batchForm({ ...CLOCK, nowMs: Date.parse("2026-11-30T17:00:00Z") }).lot).toBe("20261201A");
  });

  it("is what was typed", () => {
    const certificates = [{ kind: " Residue test ", number: "", picture: "01hq8d3kz5v9w2x7ab", validUntil: "" }];
    expect(checkBatch(filled({ certificates, madeAt: "2026-11-30T17:30" }), CLOCK).body).toEqual({
      product: "blueberries",
      gtin: "09520123456788",
      lot: "20261130A",
      made_by: "harvest",
      harvested_at: Date.parse("2026-11-30T09:30:00Z"),
      units: 480,
      place: { name: "East field", lat: 30.12, lon: 120.08, datum: "wgs84" },
      certificates: [{ kind: "Residue test", picture: "01hq8d3kz5v9w2x7ab" }],
    });
  });

  it.each<[Partial<BatchForm>, object]>([
    [{ product: "" }, { product: "required" }],
    [{ gtin: "09520123456789" }, { gtin: "pattern" }],
    [{ lot: "" }, { lot: "required" }],
    [{ lot: "批次" }, { lot: "pattern" }],
    [{ lot: "A B" }, { lot: "pattern" }],
    [{ lot: "A".repeat(21) }, { lot: "too_long" }],
    [{ units: "0" }, { units: "out_of_range" }],
    [{ units: "1.5" }, { units: "not_a_number" }],
    [{ madeAt: "2026-12-02T00:00" }, { madeAt: "out_of_range" }],
    [{ madeAt: "" }, { madeAt: "required" }],
    [
      { place: { ...PLACE, name: "", lat: "91", lon: "x" } },
      { place: "required", lat: "out_of_range", lon: "not_a_number" },
    ],
    [{ certificates: [{ kind: " ", number: "1", picture: "", validUntil: "" }] }, { certificates: "required" }],
  ])("with %o is none", (change, faults) => {
    expect(checkBatch(filled(change), CLOCK)).toEqual({ body: null, faults });
  });

  it("may have a slash in its lot, which GS1 allows", () => {
    expect(checkBatch(filled({ lot: "A/1" }), CLOCK).body?.lot).toBe("A/1");
  });
});

describe("a step", () => {
  it("needs no place, no temperature and no note", () => {
    expect(checkStep({ ...stepForm(CLOCK), kind: "cooled", at: "2026-11-30T17:30" }, CLOCK).body).toEqual({
      kind: "cooled",
      at: Date.parse("2026-11-30T09:30:00Z"),
    });
  });

  it("has a whole place or none", () => {
    const form = { ...stepForm(CLOCK), place: { ...PLACE, name: "", lon: "" } };
    expect(checkStep(form, CLOCK).faults).toEqual({ place: "required", lon: "required" });
  });

  it.each([
    ["-", "not_a_number"],
    ["201", "out_of_range"],
  ])("of %s °C is none", (celsius, fault) => {
    expect(checkStep({ ...stepForm(CLOCK), celsius }, CLOCK).faults).toEqual({ celsius: fault });
  });
});

describe("a making", () => {
  const from = { id: "b1", lot: "A", left: 100 };
  const output = (lot: string, units: string) => ({ ...noOutput(), lot, units });
  const faultsOf = (kind: MakingForm["kind"], change: Partial<MakingForm>) =>
    checkMaking({ ...makingForm(kind, from, CLOCK), ...change }, CLOCK).faults;

  it("begins with all that is left of the batch", () => {
    const { inputs, outputs } = makingForm("split", from, CLOCK);
    expect([inputs, outputs.length]).toEqual([[{ batch: "b1", lot: "A", units: "100" }], 2]);
  });

  it("that splits may lose some, and makes none", () => {
    expect(faultsOf("split", { outputs: [output("A1", "60"), output("A2", "30")] })).toBeNull();
    expect(faultsOf("split", { outputs: [output("A1", "60"), output("A2", "50")] })).toEqual({
      outputs: "above_stock",
    });
  });

  it("that splits makes several, of different lots", () => {
    expect(faultsOf("split", { outputs: [output("A1", "60")] })).toEqual({ outputs: "too_few" });
    expect(faultsOf("split", { outputs: [output("A1", "60"), output("A1", "30")] })).toEqual({ outputs: "twice" });
  });

  it("that merges is of several", () => {
    const outputs = [output("M", "150")];
    expect(faultsOf("merge", { outputs })).toEqual({ inputs: "too_few" });
    const second = { batch: "b2", lot: "B", units: "50" };
    const inputs = [{ batch: "b1", lot: "A", units: "100" }];
    expect(faultsOf("merge", { outputs, inputs: [...inputs, second] })).toBeNull();
    expect(faultsOf("merge", { outputs, inputs: [...inputs, { ...second, batch: "b1" }] })).toEqual({
      inputs: "twice",
    });
  });

  it("that repacks may count in other units, as another product", () => {
    const outputs = [{ ...output("R", "1200"), gtin: "09506000134352", product: "boxed" }];
    expect(checkMaking({ ...makingForm("repack", from, CLOCK), outputs }, CLOCK).body?.outputs).toEqual([
      { lot: "R", units: 1200, gtin: "09506000134352", product: "boxed" },
    ]);
  });

  it("counts what is typed", () => {
    expect(unitsOf([{ units: "60" }, { units: "x" }, { units: "" }, { units: "1,000" }])).toBe(1060);
  });
});

it("a sheet has as many labels as one print run takes", () => {
  expect(checkSheet({ boxes: "1000" }).body).toEqual({ boxes: 1000 });
  expect(checkSheet({ boxes: "1001" }).faults).toEqual({ boxes: "out_of_range" });
});
