// What is typed about sensors, shipments and rules becomes the server's body; what it would refuse is a fault of its field.
import { describe, expect, it } from "vitest";
import type { ProductRule } from "@shared/api-types";
import {
  calibrationForm,
  checkCalibration,
  checkCorrection,
  checkDevice,
  checkEnd,
  checkHandover,
  checkRule,
  checkShipment,
  correctionForm,
  ruleForm,
  shipmentForm,
  type RuleForm,
  type ShipmentForm,
} from "./forms";

const NOW_MS = Date.parse("2026-11-30T10:00:00Z");
const CLOCK = { nowMs: NOW_MS, zone: "Asia/Shanghai" };

it("a sensor has a name", () => {
  expect(checkDevice({ name: "  Van 7 " }).body).toEqual({ name: "Van 7", kind: "temperature" });
  expect(checkDevice({ name: " " }).faults).toEqual({ name: "required" });
});

it("a calibration has been, and is due later", () => {
  const form = { ...calibrationForm(CLOCK), laboratory: "Lab" };
  expect(checkCalibration(form, CLOCK).body).toEqual({
    at: NOW_MS,
    due: Date.parse("2027-11-30T10:00:00Z"),
    laboratory: "Lab",
    certificate: "",
  });
  expect(
    checkCalibration({ ...form, at: "2026-11-30T18:01", due: "2026-11-30T18:00", laboratory: "" }, CLOCK).faults,
  ).toEqual({
    at: "out_of_range",
    due: "too_early",
    laboratory: "required",
  });
});

describe("a correction", () => {
  const form = { ...correctionForm(CLOCK, NOW_MS - 3_600_000, NOW_MS), reason: "In the sun" };
  it("says how much warmer it was, or that it was no temperature", () => {
    expect(checkCorrection({ ...form, offset: "-1.5" }, CLOCK).body).toEqual({
      since: NOW_MS - 3_600_000,
      until: NOW_MS,
      offset_c: -1.5,
      reason: "In the sun",
    });
    expect(checkCorrection({ ...form, way: "none" }, CLOCK).body).not.toHaveProperty("offset_c");
  });
  it.each([
    [{ offset: "" }, { offset: "required" }],
    [{ offset: "51" }, { offset: "out_of_range" }],
    [{ offset: "1", reason: "" }, { reason: "required" }],
    [{ offset: "1", until: "2026-11-30T16:00" }, { until: "too_early" }],
  ])("with %o is none", (change, faults) => {
    expect(checkCorrection({ ...form, ...change }, CLOCK).faults).toEqual(faults);
  });
});

describe("a shipment", () => {
  const form: ShipmentForm = {
    ...shipmentForm(CLOCK),
    batches: [{ id: "b1", lot: "A" }],
    devices: ["d1"],
    origin: "Farm",
  };
  it("begins now at a place, or when it was said to", () => {
    expect(checkShipment({ ...form, destination: "Gate" }, CLOCK).body).toEqual({
      batches: ["b1"],
      devices: ["d1"],
      from: "Farm",
      to: "Gate",
    });
    const earlier = {
      ...form,
      begins: "earlier",
      began: "2026-11-30T17:00",
      ends: "time",
      planned: "2026-11-30T19:00",
    } as const;
    expect(checkShipment(earlier, CLOCK).body).toEqual({
      batches: ["b1"],
      devices: ["d1"],
      from: Date.parse("2026-11-30T09:00:00Z"),
      to: Date.parse("2026-11-30T11:00:00Z"),
    });
  });
  it.each<[Partial<ShipmentForm>, object]>([
    [
      { batches: [], devices: [], origin: "" },
      { batches: "required", devices: "required", origin: "required" },
    ],
    [{ begins: "earlier", began: "2026-11-30T18:01" }, { began: "out_of_range" }],
    [{ ends: "time", planned: "2026-11-30T18:00" }, { planned: "too_early" }],
  ])("with %o is none", (change, faults) => {
    expect(checkShipment({ ...form, ...change }, CLOCK).faults).toEqual(faults);
  });
});

it("a hand-over has a temperature and a place; an end need not", () => {
  expect(checkHandover({ celsius: "4.1", place: "Gate" }).body).toEqual({ celsius: 4.1, place: "Gate" });
  expect(checkHandover({ celsius: "", place: "" }).faults).toEqual({ celsius: "required", place: "required" });
  expect(checkEnd({ celsius: "", place: "" }).body).toEqual({});
  expect(checkEnd({ celsius: "x", place: "" }).faults).toEqual({ celsius: "not_a_number" });
});

describe("a rule", () => {
  const stored: ProductRule = {
    product: "blueberries",
    rule: {
      high_c: 8,
      low_c: 0,
      minutes: 10,
      grace_minutes: 5,
      cumulative_minutes: 20,
      window_minutes: 60,
      hysteresis_c: 0.5,
      rise_c: null,
      rise_minutes: 10,
      silence_minutes: 30,
      handover_c: 7,
    },
    model: "blueberries",
    offer: { kind: "coupon", amount_minor: 500, currency: "CNY", days: 10 },
    version: 3,
  };
  it("comes back as it was", () => {
    const { product, ...rest } = stored;
    expect([product, checkRule(ruleForm(stored), stored.version).body]).toEqual(["blueberries", rest]);
  });
  it("that is new is what the server takes for usual", () => {
    expect(checkRule({ ...ruleForm(null), product: "default" }, null).body).toEqual({
      rule: {
        ...stored.rule,
        high_c: null,
        low_c: null,
        cumulative_minutes: null,
        handover_c: null,
      },
      model: null,
      offer: { kind: "none", amount_minor: null, currency: null, days: 30 },
    });
  });
  it.each<[Partial<RuleForm>, object]>([
    [{ product: "" }, { product: "required" }],
    [{ low: "8" }, { low: "out_of_range" }],
    [{ high: "warm" }, { high: "not_a_number" }],
    [{ cumulative: "60" }, { cumulative: "out_of_range" }],
    [{ window: "0" }, { window: "out_of_range" }],
    [{ minutes: "" }, { minutes: "required" }],
    [{ amount: "" }, { amount: "required" }],
    [{ amount: "1.234" }, { amount: "not_money" }],
    [{ amount: "10001" }, { amount: "out_of_range" }],
    [{ days: "0.5" }, { days: "out_of_range" }],
  ])("with %o is none", (change, faults) => {
    expect(checkRule({ ...ruleForm(stored), ...change }, 3).faults).toEqual(faults);
  });
  it("offers no coupon where the policy is another", () => {
    expect(checkRule({ ...ruleForm(stored), offer: "refund", amount: "x" }, 3).body?.offer).toEqual({
      kind: "refund",
      amount_minor: null,
      currency: null,
      days: 30,
    });
  });
});
