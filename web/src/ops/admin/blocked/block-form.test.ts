// A block says whom, until when and why, each as the server takes it; what is wrong is said at its field.
import { describe, expect, it } from "vitest";
import { checkBlock, emptyBlockForm, phoneOf, type BlockForm } from "./block-form";

const NOW = Date.UTC(2026, 10, 29, 12);
const GIVEN = { nowMs: NOW, zone: "Asia/Shanghai", callingCode: 86 };
const check = (change: Partial<BlockForm>) =>
  checkBlock({ ...emptyBlockForm(), person: "mei", reason: "spam", ...change }, GIVEN);

describe("a block", () => {
  it("is of a person for a week, as it begins", () => {
    expect(check({}).body).toEqual({
      person: "mei",
      phone: null,
      device: null,
      reason: "spam",
      until: "2026-12-06T12:00:00.000Z",
    });
  });

  it("is for good, or until a moment of the shop's clock", () => {
    expect(check({ until: 0 }).body?.until).toBeNull();
    expect(check({ until: "date", date: "2026-12-24T18:00" }).body?.until).toBe("2026-12-24T10:00:00.000Z");
  });

  it("names one of the three alone", () => {
    expect(check({ by: "phone", phone: "138 0013 8000" }).body).toMatchObject({
      person: null,
      phone: "+8613800138000",
      device: null,
    });
    expect(check({ by: "device", device: " guest-lotus " }).body).toMatchObject({
      person: null,
      phone: null,
      device: "guest-lotus",
    });
  });

  it.each<[string, Partial<BlockForm>, object]>([
    ["nobody", { person: " " }, { person: "required" }],
    ["no number", { by: "phone", phone: "" }, { phone: "required" }],
    ["half a number", { by: "phone", phone: "138" }, { phone: "pattern" }],
    ["a short mark", { by: "device", device: "abc" }, { device: "pattern" }],
    ["no date", { until: "date" }, { date: "required" }],
    ["a date that is over", { until: "date", date: "2026-11-29T19:59" }, { date: "past" }],
    ["no reason", { reason: "  " }, { reason: "required" }],
    ["a long reason", { reason: "x".repeat(201) }, { reason: "too_long" }],
  ])("is refused with %s", (_, change, faults) => {
    expect(check(change)).toEqual({ body: null, faults });
  });
});

it.each([
  ["138 0013 8000", "+8613800138000"],
  ["+86 138-0013-8000", "+8613800138000"],
  ["0044 20 7946 0958", "+442079460958"],
  ["(010) 6552 9988", "+861065529988"],
  ["Mei", null],
  ["", null],
])("reads %s as a number", (text, number) => {
  expect(phoneOf(text, 86)).toBe(number);
});
