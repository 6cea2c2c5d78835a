// A window is called by its day and hours as the shop's clock has them, and ways and points are those that there are.
import { describe, expect, it } from "vitest";
import type { Slot, SlotPoint, Slots } from "@shared/api-types";
import { hoursText, methodsOf, pointsOf, slotsOf, slotText } from "./slots";

const NOW = Date.parse("2026-11-30T09:00:00+08:00");
const point = (id: string, distance_m: number | null): SlotPoint => ({ id, name: id, distance_m }) as SlotPoint;
const slot = (id: string, from: string, until: string, at: SlotPoint | null = null): Slot =>
  ({ id, from, until, method: at ? "pickup" : "door", point: at }) as Slot;
const told = (fields: Partial<Slots>): Slots =>
  ({ items: [], needed: true, area: null, reason: null, ...fields }) as Slots;

describe("a window", () => {
  it.each([
    ["2026-11-30T14:00:00+08:00", "2026-11-30T16:00:00+08:00", "zh-CN", "今天 14:00-16:00"],
    ["2026-11-30T14:00:00+08:00", "2026-11-30T16:00:00+08:00", "en", "Today 14:00-16:00"],
    ["2026-12-01T09:00:00+08:00", "2026-12-01T12:00:00+08:00", "zh-CN", "明天 09:00-12:00"],
    ["2026-12-03T09:00:00+08:00", "2026-12-03T12:00:00+08:00", "zh-CN", "12月3日周四 09:00-12:00"],
    ["2026-12-03T09:00:00+08:00", "2026-12-03T12:00:00+08:00", "en", "Thu, December 3 09:00-12:00"],
    ["2026-11-30T22:00:00+08:00", "2026-12-01T00:00:00+08:00", "en", "Today 22:00-24:00"],
    ["2026-11-30T23:00:00+08:00", "2026-12-01T01:00:00+08:00", "en", "Today 23:00-01:00"],
  ])("from %s to %s is, in %s, %s", (from, until, locale, text) =>
    expect(slotText({ from, until }, NOW, locale, "Asia/Shanghai").join(" ")).toBe(text),
  );

  it("is on the shop's day, whatever the reader's", () =>
    expect(
      slotText({ from: "2026-11-30T16:30:00Z", until: "2026-11-30T18:00:00Z" }, NOW, "en", "Asia/Shanghai").join(" "),
    ).toBe("Tomorrow 00:30-02:00"));
});

describe("ways", () => {
  const area = { name: "Centre" } as Slots["area"];
  it.each([
    ["the door where there is an area", told({ area }), ["door"]],
    ["the door where it can be told why not", told({ reason: "outside" }), ["door"]],
    ["pick-up where there is a point", told({ items: [slot("w", "", "", point("p", 1))] }), ["pickup"]],
    ["both", told({ area, items: [slot("w", "", "", point("p", 1))] }), ["door", "pickup"]],
    ["none where nothing is set up", told({ needed: false }), []],
  ])("are %s", (_, slots, methods) => expect(methodsOf(slots)).toEqual(methods));
});

describe("points", () => {
  const items = [
    slot("w1", "", "", point("far", 900)),
    slot("w2", "", "", point("near", 90)),
    slot("w3", "", "", point("near", 90)),
    slot("w4", "", ""),
  ];
  it("come once each, the nearest first", () => expect(pointsOf(items).map(({ id }) => id)).toEqual(["near", "far"]));
  it("without a distance come by name", () =>
    expect(pointsOf([slot("1", "", "", point("b", null)), slot("2", "", "", point("a", null))])[0]?.id).toBe("a"));
  it("have their own windows", () => {
    expect(slotsOf(items, "pickup", "near").map(({ id }) => id)).toEqual(["w2", "w3"]);
    expect(slotsOf(items, "door", null).map(({ id }) => id)).toEqual(["w4"]);
  });
  it("have their hours", () => expect(hoursText({ opens: 540, closes: 1_440 })).toBe("09:00-24:00"));
});
