import { describe, expect, it } from "vitest";
import { delivery, isKnownSlow } from "./link";

describe("what a browser knows of its link", () => {
  it("is that it is slow: by its kind, by the round trip, by what it carries, or since data are to be saved", () => {
    expect([{ effectiveType: "3g" }, { effectiveType: "slow-2g" }, { effectiveType: "4g", rtt: 350 }, { saveData: true }, { effectiveType: "4g", downlink: 1.55, rtt: 150 }].map(isKnownSlow)).toEqual([true, true, true, true, true]);
  });

  it("is nothing, or that all is well", () => {
    expect([undefined, {}, { effectiveType: "4g", rtt: 100, saveData: false, downlink: 2 }, { downlink: 0, rtt: 150 }, { effectiveType: "4g", downlink: 1.4, rtt: 50 }].map(isKnownSlow)).toEqual([false, false, false, false, false]);
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
