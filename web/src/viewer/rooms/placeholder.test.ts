import { expect, test } from "vitest";
import { PALETTES, placeholderOf, SCENES } from "./placeholder";

test("a room has the same picture at every visit", () => {
  expect(placeholderOf("demo")).toEqual(placeholderOf("demo"));
});

test("rooms with ids that are alike have all the pictures there are", () => {
  const seen = new Set(Array.from({ length: 200 }, (_, n) => JSON.stringify(placeholderOf(`room-${n}`))));
  expect(seen.size).toBe(SCENES.length * PALETTES);
});
