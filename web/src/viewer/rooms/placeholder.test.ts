import { expect, test } from "vitest";
import { PALETTES, placeholderOf, SCENES } from "./placeholder";

test("a room has the same picture at every visit", () => {
  expect(placeholderOf("demo")).toEqual(placeholderOf("demo"));
});

test("rooms with ids that are alike have all the pictures there are", () => {
  const times = new Map<string, number>();
  for (let n = 0; n < 2_400; n++) {
    const { scene, palette } = placeholderOf(`room-${n}`);
    times.set(`${scene} ${palette}`, (times.get(`${scene} ${palette}`) ?? 0) + 1);
  }
  expect(times.size).toBe(SCENES.length * PALETTES);
  // None of them stands in for twice as many as its share.
  expect(Math.max(...times.values())).toBeLessThan(200);
});
