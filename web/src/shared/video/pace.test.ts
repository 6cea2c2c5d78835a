// A link that cannot keep up is played from further back, step by step, and not pulled to the live edge again and again.
import { describe, expect, it } from "vitest";
import { DRY_WITHIN_MS, paceFrom, ranDry, stepOf, STEPS, WELL_MS, WELL_MS_MAX, wentWell, type Pace } from "./pace";

const dryAt = (pace: Pace, ...times: number[]): Pace => times.reduce(ranDry, pace);

describe("running dry", () => {
  it("once changes nothing, twice is a step back", () => {
    const start = paceFrom(0, 0);
    expect(stepOf(dryAt(start, 1_000))).toEqual({ parts: true, extraS: 0, refillS: 0 });
    expect(stepOf(dryAt(start, 1_000, 2_000))).toEqual({ parts: true, extraS: 2, refillS: 1.5 });
  });

  it("twice, long apart, is once and once", () => {
    expect(dryAt(paceFrom(0, 0), 1_000, 1_000 + DRY_WITHIN_MS).index).toBe(0);
  });

  it("ends with whole segments, and no further back than that", () => {
    const last = dryAt(paceFrom(0, 0), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    expect([last.index, stepOf(last)]).toEqual([STEPS.length - 1, { parts: false, extraS: 8, refillS: 8 }]);
    expect(last.dry.length).toBeLessThanOrEqual(2);
  });
});

describe("going well", () => {
  it("for a minute is a step forward", () => {
    const back = dryAt(paceFrom(0, 0), 1, 2);
    expect(wentWell(back, 2 + WELL_MS - 1)).toBe(back);
    expect(wentWell(back, 2 + WELL_MS).index).toBe(0);
  });

  it("has to last twice as long after each relapse, up to a bound", () => {
    let pace = dryAt(paceFrom(0, 0), 0, 0);
    let now = 0;
    const waits: number[] = [];
    for (let n = 0; n < 6; n++) {
      const from = now;
      while (wentWell(pace, now).index === 1) now += 1_000;
      waits.push(now - from);
      pace = dryAt(wentWell(pace, now), now, now + 1);
      now += 1;
    }
    expect(waits.map((wait) => Math.round(wait / 1_000))).toEqual([60, 120, 240, 480, 600, 600]);
    expect(pace.wellMs).toBe(WELL_MS_MAX);
  });

  it("for twenty seconds is enough where the link was only thought to be slow", () => {
    const guessed = paceFrom(2, 0);
    expect([wentWell(guessed, 19_999).index, wentWell(guessed, 20_000).index]).toEqual([2, 1]);
  });

  it("is short where loads are fast, and longer with each relapse", () => {
    const back = dryAt(paceFrom(0, 0), 0, 0);
    expect([
      wentWell(back, 7_499, true).index,
      wentWell(back, 7_500, true).index,
      wentWell(back, 7_500, false).index,
    ]).toEqual([1, 0, 1]);
    const relapsed = dryAt(wentWell(back, 7_500, true), 8_000, 8_000);
    expect([wentWell(relapsed, 22_999, true).index, wentWell(relapsed, 23_000, true).index]).toEqual([1, 0]);
  });

  it("is at the edge at once where fast loads show that the guess was wrong", () => {
    expect(wentWell(paceFrom(2, 0), 1, true)).toEqual(paceFrom(0, 1));
    const shown = dryAt(paceFrom(2, 0), 0, 0);
    expect([shown.guessed, wentWell(shown, 1, true).index]).toEqual([false, 3]);
  });

  it("at the edge is where it stays", () => {
    const pace = paceFrom(0, 0);
    expect(wentWell(pace, 10 * WELL_MS)).toBe(pace);
  });
});
