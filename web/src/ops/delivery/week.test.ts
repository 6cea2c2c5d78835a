// A week is the shop's: its days begin at its midnight, and its windows stand under their day.
import { describe, expect, it } from "vitest";
import type { DeliveryWindow } from "@shared/api-types";
import { byDay, clockOf, dayAfter, dayOf, hoursOf, minutesOf, weekOf } from "./week";

const ZONE = "Asia/Shanghai";
const window = (from: string, until: string): DeliveryWindow => ({ id: from, from, until }) as DeliveryWindow;

describe("a week", () => {
  it.each(["2026-11-30", "2026-12-03", "2026-12-06"])("of %s begins on its Monday", (day) =>
    expect(weekOf(day)).toEqual([
      "2026-11-30",
      "2026-12-01",
      "2026-12-02",
      "2026-12-03",
      "2026-12-04",
      "2026-12-05",
      "2026-12-06",
    ]),
  );

  it("has each window under the shop's day", () => {
    const early = window("2026-11-30T16:30:00.000Z", "2026-11-30T18:00:00.000Z"); // 00:30 on Tuesday there
    const days = byDay([early], weekOf("2026-11-30"), ZONE);
    expect(days.filter(({ windows }) => windows.length > 0).map(({ day }) => day)).toEqual(["2026-12-01"]);
  });

  it("goes over the end of a year", () => expect(dayAfter("2026-12-31", 1)).toBe("2027-01-01"));
  it("knows the shop's day", () => expect(dayOf(Date.parse("2026-11-30T16:00Z"), ZONE)).toBe("2026-12-01"));
});

describe("hours", () => {
  it("end a day at 24:00", () =>
    expect(hoursOf(window("2026-11-30T12:00:00Z", "2026-11-30T16:00:00Z"), ZONE)).toEqual(["20:00", "24:00"]));

  it.each([
    ["09:05", false, 545],
    ["24:00", true, 1_440],
    ["00:00", true, 1_440],
    ["00:00", false, 0],
    ["24:01", true, null],
    ["9", false, null],
    ["10:60", false, null],
  ] as const)("%s", (text, isEnd, minutes) => expect(minutesOf(text, isEnd)).toBe(minutes));

  it("are written with two digits", () => expect(clockOf(545)).toBe("09:05"));
});
