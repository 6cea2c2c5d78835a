// A replacement comes where the order went, in a window with room.
import { expect, it } from "vitest";
import type { Slot } from "@shared/api-types";
import { groupsOf } from "./windows";

const slot = (id: string, point: string | null, left = 1): Slot =>
  ({ id, left, point: point ? { id: point, name: point.toUpperCase() } : null }) as Slot;

it("where the order went first, and none that is full", () => {
  const slots = [slot("a", "east"), slot("b", null), slot("c", null, 0), slot("d", "west"), slot("e", "east")];
  const shown = (was: Parameters<typeof groupsOf>[1]) =>
    groupsOf(slots, was).map(({ point, slots }) => [point, slots.map(({ id }) => id).join("")]);
  expect(shown({ method: "pickup", point: "west" })).toEqual([
    ["WEST", "d"],
    ["EAST", "ae"],
    [null, "b"],
  ]);
  expect(shown({ method: "door", point: null })[0]).toEqual([null, "b"]);
  expect(groupsOf([slot("c", null, 0)], null)).toEqual([]);
});
