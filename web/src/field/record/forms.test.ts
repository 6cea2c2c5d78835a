import { describe, expect, it } from "vitest";
import { checkedBatch, checkedStep, isBegun, numberOf, placeOf } from "./forms";

const PLACE = { name: "Field 3", lat: 31.2, lon: 121.5, datum: "wgs84" } as const;

it("is a number as phones give it", () => {
  expect([numberOf("4.1"), numberOf("4,1"), numberOf("−2"), numberOf(" 12 ")]).toEqual([4.1, 4.1, -2, 12]);
  expect([numberOf(""), numberOf("4.1.2"), numberOf("warm"), numberOf("1e3")]).toEqual([null, null, null, null]);
});

describe("a step", () => {
  const step = { kind: "washed", celsius: "4,1", note: " crate 3 " } as const;

  it("is sent with its temperature, place and note", () => {
    expect(checkedStep(step, PLACE, 5).body).toEqual({
      kind: "washed",
      at: 5,
      place: PLACE,
      celsius: 4.1,
      note: "crate 3",
    });
    expect(checkedStep({ ...step, celsius: "" }, null, 5).body).toMatchObject({ celsius: null, place: null });
  });

  it("says what is wrong", () => {
    expect(checkedStep({ kind: "", celsius: "x", note: "a".repeat(501) }, null, 5).faults).toEqual({
      kind: "required",
      celsius: "not_a_number",
      note: "too_long",
    });
    expect(checkedStep({ ...step, celsius: "6552.6" }, null, 5).faults).toEqual({ celsius: "out_of_range" });
  });
});

describe("a batch", () => {
  const form = { product: "eggs", gtin: "9520123456788", lot: "20261130A", units: "40", madeBy: "harvest" } as const;

  it("is sent with 14 digits", () => {
    expect(checkedBatch(form, PLACE, 7).body).toEqual({
      product: "eggs",
      gtin: "09520123456788",
      lot: "20261130A",
      harvested_at: 7,
      place: PLACE,
      units: 40,
      made_by: "harvest",
    });
  });

  it("says what is wrong", () => {
    expect(
      checkedBatch({ ...form, product: "", gtin: "9520123456789", lot: "批次", units: "1.5" }, null, 7).faults,
    ).toEqual({
      product: "required",
      gtin: "pattern",
      lot: "pattern",
      units: "not_a_number",
      place: "required",
    });
    expect(checkedBatch({ ...form, units: "0" }, PLACE, 7).faults).toEqual({ units: "out_of_range" });
  });
});

it("is a place when it has a name and lies on earth", () => {
  expect(placeOf({ name: "Barn", lat: "31.2", lon: "121,5" })).toEqual({ ...PLACE, name: "Barn" });
  expect(placeOf({ name: "", lat: "31.2", lon: "121.5" })).toBeNull();
  expect(placeOf({ name: "Barn", lat: "121.5", lon: "31.2" })).toBeNull();
  expect([isBegun({ name: "", lat: " ", lon: "" }), isBegun({ name: "B", lat: "", lon: "" })]).toEqual([false, true]);
});
