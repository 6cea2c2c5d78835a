// A sensor that is silent stands out, and so does a shipment that was too warm; what was corrected is quiet.
import { expect, it } from "vitest";
import type { ProductRule } from "@shared/api-types";
import { deviceState, deviceTone, findingState, findingTone, isSkewed, shipmentState, silenceOf } from "./state";

const NOW = Date.parse("2026-11-30T10:00:00Z");

it.each([
  [{ is_on: false, seen_at: null, is_overdue: true }, "off", "plain"],
  [{ is_on: true, seen_at: null, is_overdue: false }, "never", "warn"],
  [{ is_on: true, seen_at: "2026-11-30T09:29:59Z", is_overdue: true }, "silent", "bad"],
  [{ is_on: true, seen_at: "2026-11-30T09:30:00Z", is_overdue: true }, "overdue", "warn"],
  [{ is_on: true, seen_at: "2026-11-30T09:59:00Z", is_overdue: false }, "fine", "good"],
] as const)("a sensor %o is %s", (device, state, tone) => {
  expect([deviceState(device, NOW), deviceTone(deviceState(device, NOW))]).toEqual([state, tone]);
});

it("is silent after as long as the rule for all says", () => {
  const rules = [{ product: "default", rule: { silence_minutes: 5 } }] as unknown as ProductRule[];
  expect([silenceOf(rules), silenceOf([])]).toEqual([5, 30]);
  const device = { is_on: true, seen_at: "2026-11-30T09:54:00Z", is_overdue: false };
  expect(deviceState(device, NOW, silenceOf(rules))).toBe("silent");
});

it("has a wrong clock when that is off by more than a minute, either way", () => {
  expect([60, -61, 61].map((skew_s) => isSkewed({ skew_s }))).toEqual([false, true, true]);
});

it.each([
  [{ ended_at: "2026-11-30T09:00:00Z", ends_at: null, breaches: 2 }, "over"],
  [{ ended_at: null, ends_at: null, breaches: 1 }, "breached"],
  [{ ended_at: null, ends_at: "2026-11-30T09:59:00Z", breaches: 0 }, "late"],
  [{ ended_at: null, ends_at: "2026-11-30T10:01:00Z", breaches: 0 }, "under_way"],
] as const)("a shipment %o is %s", (shipment, state) => {
  expect(shipmentState(shipment, NOW)).toBe(state);
});

it.each([
  [{ level: "breach", cause: "above", ended_at: null, corrected_at: null }, "open", "bad"],
  [{ level: "breach", cause: "above", ended_at: "x", corrected_at: null }, "ended", "bad"],
  [{ level: "breach", cause: "handover", ended_at: null, corrected_at: null }, "told", "bad"],
  [{ level: "warning", cause: "silence", ended_at: null, corrected_at: null }, "told", "warn"],
  [{ level: "breach", cause: "above", ended_at: null, corrected_at: "x" }, "corrected", "plain"],
] as const)("a finding %o is %s", (finding, state, tone) => {
  expect([findingState(finding), findingTone(finding, findingState(finding))]).toEqual([state, tone]);
});
