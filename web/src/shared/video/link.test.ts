import { describe, expect, it } from "vitest";
import { delivery, isKnownSlow, loadedBps } from "./link";

describe("a link", () => {
  it("is known to be slow by its kind, by the round trip, since data are to be saved, or by what was loaded", () => {
    expect([{ effectiveType: "3g" }, { effectiveType: "slow-2g" }, { effectiveType: "4g", rtt: 350 }, { saveData: true }].map((one) => isKnownSlow(one, null))).toEqual([true, true, true, true]);
    expect([isKnownSlow(undefined, 1_600_000), isKnownSlow({ effectiveType: "4g", rtt: 150 }, 1_600_000)]).toEqual([true, true]);
  });

  it("is not known to be slow where nothing is known, where a browser only guesses, or where much came fast", () => {
    expect([undefined, {}, { effectiveType: "4g", rtt: 100, downlink: 1.4 }, { effectiveType: "4g", rtt: 150, downlink: 1.7 }].map((one) => isKnownSlow(one, null))).toEqual([false, false, false, false]);
    expect(isKnownSlow({ effectiveType: "4g", rtt: 50 }, 2_000_000)).toBe(false);
  });
});

describe("what the page has loaded", () => {
  const one = (transferSize: number, responseStart: number, responseEnd: number) => ({ transferSize, responseStart, responseEnd });

  it("is counted while anything was coming, once where two came side by side", () => {
    expect(loadedBps([one(100_000, 1_000, 1_500), one(50_000, 100, 600), one(50_000, 200, 400), one(50_000, 1_400, 2_000)])).toBe((250_000 * 8_000) / 1_500);
  });

  it("tells nothing where little came, or all was there already", () => {
    expect([loadedBps([]), loadedBps([one(99_999, 0, 1_000)]), loadedBps([one(0, 0, 5_000), one(0, 5_000, 9_000)])]).toEqual([null, null, null]);
  });

  it("came in no time at all on a link without bounds", () => {
    expect(loadedBps([one(200_000, 10, 10)])).toBe(Number.POSITIVE_INFINITY);
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
