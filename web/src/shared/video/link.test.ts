import { describe, expect, it } from "vitest";
import { delivery, isFast, isKnownSlow, loadedBps } from "./link";

describe("a link", () => {
  it("is known to be slow by its kind, by the round trip, since data are to be saved, or by what was loaded", () => {
    expect(
      [
        { effectiveType: "3g" },
        { effectiveType: "slow-2g" },
        { effectiveType: "4g", rtt: 350 },
        { saveData: true },
      ].map((one) => isKnownSlow(one, null)),
    ).toEqual([true, true, true, true]);
    expect([isKnownSlow(undefined, 1_600_000), isKnownSlow({ effectiveType: "4g", rtt: 150 }, 1_600_000)]).toEqual([
      true,
      true,
    ]);
  });

  it("is not known to be slow where nothing is known, where a browser only guesses, or where much came fast", () => {
    expect(
      [
        undefined,
        {},
        { effectiveType: "4g", rtt: 100, downlink: 1.4 },
        { effectiveType: "4g", rtt: 150, downlink: 1.7 },
      ].map((one) => isKnownSlow(one, null)),
    ).toEqual([false, false, false, false]);
    expect(isKnownSlow({ effectiveType: "4g", rtt: 50 }, 2_000_000)).toBe(false);
  });
});

describe("what the page has loaded", () => {
  const one = (transferSize: number, responseStart: number, responseEnd: number) => ({
    transferSize,
    responseStart,
    responseEnd,
  });

  it("is counted while anything was coming, once where two came side by side", () => {
    expect(
      loadedBps([one(100_000, 1_000, 1_500), one(50_000, 100, 600), one(50_000, 200, 400), one(50_000, 1_400, 2_000)]),
    ).toBe((250_000 * 8_000) / 1_500);
  });

  it("tells nothing where little came, or all was there already", () => {
    expect([
      loadedBps([]),
      loadedBps([one(99_999, 0, 1_000)]),
      loadedBps([one(0, 0, 5_000), one(0, 5_000, 9_000)]),
    ]).toEqual([null, null, null]);
  });

  it("came in no time at all on a link without bounds", () => {
    expect(loadedBps([one(200_000, 10, 10)])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("one load", () => {
  const near = { waitMs: 4, ms: 1, bytes: 900 };
  const large = { waitMs: 180, ms: 100, bytes: 180_000 };

  it("tells better than the browser's guess, which a busy machine spoils", () => {
    const guess = { effectiveType: "3g", rtt: 400 };
    expect([
      isKnownSlow(guess, null),
      isKnownSlow(guess, null, [near]),
      isKnownSlow(guess, null, [large]),
      isKnownSlow(guess, 1_000_000, [near, large]),
    ]).toEqual([true, true, true, false]);
    expect(isKnownSlow({ saveData: true }, null, [near, large])).toBe(true);
  });

  it("is fast when it comes soon, at twice the rate that is needed", () => {
    expect([
      isFast({ waitMs: 99, ms: 400, bytes: 200_000 }),
      isFast({ waitMs: 99, ms: 401, bytes: 200_000 }),
      isFast({ waitMs: 100, ms: 1, bytes: 200_000 }),
    ]).toEqual([true, false, false]);
    expect([
      isFast({ waitMs: 9, ms: 400, bytes: 200_000 }, 2_100_000),
      isFast({ waitMs: 9, ms: 0, bytes: 7_999 }),
    ]).toEqual([false, false]);
  });
});

describe("what came", () => {
  it("is counted over the last eight seconds", () => {
    const link = delivery(0);
    for (let s = 1; s <= 20; s++) link.add(s <= 10 ? 100_000 : 50_000, s * 1_000);
    expect(link.bps(20_000)).toBe(400_000);
    expect(link.lastMs()).toBe(20_000);
  });

  it("says nothing before four seconds", () => {
    const link = delivery(0);
    link.add(10_000, 1_000);
    expect([link.bps(3_999), link.bps(4_000)]).toEqual([null, 20_000]);
  });

  it("says nothing of a link, or a server, that was away", () => {
    const link = delivery(0);
    for (let s = 1; s <= 8; s++) link.add(s > 2 && s < 7 ? 0 : 100_000, s * 1_000);
    expect(link.bps(8_000)).toBeNull();
  });

  it("came last when the last byte did", () => {
    const link = delivery(0);
    link.add(10, 1_000);
    link.add(0, 2_000);
    expect(link.lastMs()).toBe(1_000);
  });
});
