import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff";

const BOUNDS = { minMs: 500, maxMs: 8_000 };

describe("the wait before the next try", () => {
  it("doubles up to its bound", () => {
    expect([0, 1, 2, 3, 4, 5, 40].map((attempt) => backoffMs(attempt, BOUNDS, 0.5))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
  });

  it("is spread by a quarter to both sides", () => {
    expect([backoffMs(1, BOUNDS, 0), backoffMs(1, BOUNDS, 1)]).toEqual([750, 1_250]);
  });
});
