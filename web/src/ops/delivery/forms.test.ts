// What is typed becomes a body for the server, in minor units and by the shop's clock; what cannot be one is a fault at its field.
import { describe, expect, it } from "vitest";
import type { DeliveryArea, DeliveryPattern, DeliveryWindow } from "@shared/api-types";
import {
  areaForm,
  capacityForm,
  checkArea,
  checkCapacity,
  checkPattern,
  checkPoint,
  checkWindow,
  patternForm,
  pointForm,
  windowForm,
} from "./forms";

const ZONE = "Asia/Shanghai";
const NOW = Date.parse("2026-11-30T09:00:00+08:00");

describe("an area", () => {
  const typed = {
    ...areaForm(null),
    name: " Centre ",
    shape: "circle" as const,
    lat: "31.23",
    lon: "121.47",
    radiusKm: "2.5",
  };

  it("is a circle of metres, and costs minor units", () =>
    expect(checkArea({ ...typed, zh: "市中心", fee: "6", freeFrom: "50", minimum: "20.5" }).body).toEqual({
      name: "Centre",
      names: { zh: "市中心" },
      regions: [],
      shape: { kind: "circle", lat: 31.23, lon: 121.47, radius_m: 2_500 },
      is_on: true,
      currency: "CNY",
      fee_minor: 600,
      free_from_minor: 5_000,
      minimum_minor: 2_050,
    }));

  it("is filled in again as it was", () => {
    const area: DeliveryArea = {
      id: "a",
      version: 3,
      name: "Centre",
      names: null,
      regions: ["3101"],
      shape: {
        kind: "polygon",
        points: [
          { lat: 31.2, lon: 121.4 },
          { lat: 31.2, lon: 121.5 },
          { lat: 31.3, lon: 121.5 },
        ],
      },
      currency: "JPY",
      fee_minor: 300,
      free_from_minor: null,
      minimum_minor: 0,
      position: 2,
      is_on: false,
    };
    const { id: _id, version: _version, ...body } = area;
    expect([_id, _version, checkArea(areaForm(area)).body]).toEqual(["a", 3, body]);
  });

  it.each([
    [{ name: "" }, { name: "required" }],
    [{ lat: "91" }, { centre: "out_of_range" }],
    [{ lat: "" }, { centre: "required" }],
    [{ radiusKm: "0.01" }, { radiusKm: "out_of_range" }],
    [{ fee: "six" }, { fee: "not_money" }],
    [{ position: "-1" }, { position: "out_of_range" }],
    [{ shape: "none" as const }, { regions: "required" }],
    [{ shape: "polygon" as const, corners: "31, 121\n31, 122" }, { corners: "too_few_corners" }],
    [{ shape: "polygon" as const, corners: "here" }, { corners: "pattern" }],
  ])("with %j is at fault", (change, faults) => expect(checkArea({ ...typed, ...change }).faults).toEqual(faults));
});

describe("a pick-up point", () => {
  const typed = { ...pointForm(null), name: "Gate", line: "1 Lane", lat: "31.2", lon: "121.5" };

  it("is open in minutes of the day", () =>
    expect(checkPoint({ ...typed, opens: "08:30", closes: "24:00", closedDays: [7, 1] }).body).toMatchObject({
      opens: 510,
      closes: 1_440,
      closed_days: [1, 7],
      fee_minor: 0,
    }));

  it.each([
    [{ closes: "09:00" }, { closes: "too_early" }],
    [{ opens: "9 am" }, { opens: "pattern" }],
    [{ lon: "" }, { place: "required" }],
  ])("with %j is at fault", (change, faults) => expect(checkPoint({ ...typed, ...change }).faults).toEqual(faults));
});

describe("a window", () => {
  const typed = {
    ...windowForm("2026-12-01", "area:a"),
    from: "22:00",
    until: "24:00",
    cutOffHours: "1.5",
    capacity: "9",
  };

  it("is by the shop's clock, to the end of its day", () =>
    expect(checkWindow(typed, { nowMs: NOW, zone: ZONE }).body).toEqual({
      area: "a",
      from: Date.parse("2026-12-01T22:00:00+08:00"),
      until: Date.parse("2026-12-02T00:00:00+08:00"),
      orders_until: Date.parse("2026-12-01T20:30:00+08:00"),
      capacity: 9,
    }));

  it.each([
    [{ day: "2026-11-30", from: "10:00", until: "12:00" }, { from: "past" }], // orders would have ended
    [{ from: "23:00", until: "22:00" }, { until: "too_early" }],
    [{ capacity: "1.5" }, { capacity: "out_of_range" }],
    [{ cutOffHours: "-1" }, { cutOffHours: "out_of_range" }],
    [{ whose: "" }, { whose: "required" }],
  ])("with %j is at fault", (change, faults) =>
    expect(checkWindow({ ...typed, ...change }, { nowMs: NOW, zone: ZONE }).faults).toEqual(faults),
  );

  it("at a time that clocks skip is none", () =>
    expect(
      checkWindow(
        { ...typed, day: "2027-03-14", from: "02:30", until: "04:00" },
        { nowMs: NOW, zone: "America/New_York" },
      ).faults,
    ).toEqual({ from: "clock_change" }));
});

describe("a window's capacity", () => {
  const window = {
    version: 4,
    capacity: 9,
    held: 2,
    sold: 3,
    until: "2026-12-01T08:00:00Z",
    orders_until: "2026-12-01T06:00:00Z",
  } as DeliveryWindow;
  const form = capacityForm(window, ZONE);

  it("is sent with the version that was read, and the end of orders only where it is another", () => {
    expect(form).toEqual({ capacity: "9", ordersUntil: "2026-12-01T14:00" });
    expect(checkCapacity({ ...form, capacity: "5" }, window, ZONE).body).toEqual({ version: 4, capacity: 5 });
    expect(checkCapacity({ ...form, ordersUntil: "2026-12-01T13:00" }, window, ZONE).body).toEqual({
      version: 4,
      capacity: 9,
      orders_until: Date.parse("2026-12-01T13:00:00+08:00"),
    });
  });

  it("is not below what is taken", () =>
    expect(checkCapacity({ ...form, capacity: "4" }, window, ZONE).faults).toEqual({ capacity: "below_taken" }));
});

describe("a pattern", () => {
  const typed = { ...patternForm(null, "2026-11-30"), whose: "point:p", days: [7, 1] };

  it("has days in their order and minutes", () =>
    expect(checkPattern({ ...typed, ends: "2026-12-31" }).body).toEqual({
      point: "p",
      days: [1, 7],
      from_minute: 840,
      until_minute: 960,
      cut_off_minutes: 120,
      capacity: 20,
      begins_on: "2026-11-30",
      ends_on: "2026-12-31",
      is_on: true,
    }));

  it("is filled in again as it was", () => {
    const pattern = {
      area: "a",
      point: null,
      days: [2],
      from_minute: 600,
      until_minute: 1_440,
      cut_off_minutes: 90,
      capacity: 3,
      begins_on: "2026-01-01",
      ends_on: null,
      is_on: false,
    };
    const { point: _point, ...body } = pattern;
    expect([_point, checkPattern(patternForm(pattern as unknown as DeliveryPattern, "")).body]).toEqual([null, body]);
  });

  it.each([
    [{ days: [] }, { days: "required" }],
    [{ ends: "2026-11-29" }, { ends: "too_early" }],
  ])("with %j is at fault", (change, faults) => expect(checkPattern({ ...typed, ...change }).faults).toEqual(faults));
});
