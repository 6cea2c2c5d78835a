// When a token is renewed: by the server's clock, spread, and after a sleep in which one of the two clocks stood still.
import { expect, it } from "vitest";
import { elapsedMs, lifeMs, renewAfterMs } from "./lifetime";

it("a life is what the server says, within bounds, and a quarter of an hour where it says nothing", () => {
  expect([lifeMs(900_000, 0), lifeMs(1_000, 0), lifeMs(0, 3_600_000), lifeMs(1e12, 0), lifeMs(5, NaN)]).toEqual([
    900_000, 30_000, 30_000, 86_400_000, 900_000,
  ]);
});

it("a token is renewed between six and seven and a half tenths of its life", () => {
  expect([0, 0.5, 1].map((chance) => renewAfterMs(900_000, chance))).toEqual([540_000, 598_500, 657_000]);
});

it("what has gone by is what the clock says that did not stand still", () => {
  const since = { wallMs: 1_000, steadyMs: 500 };
  expect(elapsedMs(since, { wallMs: 61_000, steadyMs: 600 })).toBe(60_000);
  expect(elapsedMs(since, { wallMs: -5_000, steadyMs: 10_500 })).toBe(10_000);
});
