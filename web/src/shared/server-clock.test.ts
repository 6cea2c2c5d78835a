// The server's clock comes from what was stamped: the shortest round trip and the fastest message count, and it never goes back.
import { describe, expect, it } from "vitest";
import { serverClock, WAY_BACK_MAX_MS } from "./server-clock";

/** The server's clock is ahead of ours by this. */
const AHEAD = 60_000;

describe("an answer", () => {
  it("was stamped half a round trip ago", () => {
    const clock = serverClock();
    clock.answered(AHEAD + 1_050, 1_000, 1_100);
    expect(clock.now(1_100) - 1_100).toBe(AHEAD);
  });

  it("that took three seconds is guessed to have come back in a quarter of one", () => {
    const clock = serverClock();
    clock.answered(AHEAD + 3_900, 1_000, 4_000);
    expect(clock.now(4_000) - 4_000).toBe(AHEAD - 100 + WAY_BACK_MAX_MS);
  });

  it("with a shorter round trip corrects one that took long", () => {
    const clock = serverClock();
    clock.answered(AHEAD + 3_950, 1_000, 4_000);
    clock.answered(AHEAD + 9_030, 9_000, 9_060);
    expect(clock.now(20_000) - 20_000).toBe(AHEAD - 30 + 30);
  });

  it("that was made for somebody before us sets nothing back", () => {
    const clock = serverClock();
    clock.answered(AHEAD + 20, 0, 40);
    clock.answered(AHEAD + 1_000, 5_000, 5_020);
    expect(clock.now(6_000) - 6_000).toBe(AHEAD - 20 + 10);
  });
});

describe("a message", () => {
  it("that came faster than the best answer tells a later clock", () => {
    const clock = serverClock();
    clock.answered(AHEAD - 400, 0, 40);
    clock.heard(AHEAD + 995, 1_000);
    clock.heard(AHEAD + 100, 1_100);
    expect(clock.now(2_000) - 2_000).toBe(AHEAD - 5);
  });

  it("before any answer is no clock yet", () => {
    const clock = serverClock();
    clock.heard(AHEAD, 0);
    expect(clock.now(10)).toBe(10);
  });
});

it("never goes back: a better guess that is earlier is waited for", () => {
  const clock = serverClock();
  clock.answered(AHEAD + 3_950, 1_000, 4_000);
  const before = clock.now(9_060);
  clock.answered(AHEAD + 9_030, 9_000, 9_060);
  expect([clock.now(9_061) - before, clock.now(9_400) - AHEAD]).toEqual([0, 9_400]);
});
