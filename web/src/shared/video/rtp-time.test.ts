import { describe, expect, it } from "vitest";
import { pictureTsOf } from "./rtp-time";

const NOW = 1_795_383_504_123;
/** As the server writes it: the low 32 bits of the ticks. */
const onTheWire = (ts: number): number => Number((BigInt(ts) * 90n) & 0xffff_ffffn);
const ROUND_MS = 2 ** 32 / 90;

describe("the moment of a picture", () => {
  it("is what the server wrote", () => {
    for (const behindMs of [0, 33, 180, 4_000, 29_000])
      expect(pictureTsOf(onTheWire(NOW - behindMs), NOW)).toBeCloseTo(NOW - behindMs, 2);
  });

  it("is found when the timestamp has come round between the picture and now", () => {
    const turn = Math.ceil(Math.ceil(NOW / ROUND_MS) * ROUND_MS);
    const before = turn - 150;
    expect(onTheWire(before)).toBeGreaterThan(onTheWire(turn + 50));
    expect(pictureTsOf(onTheWire(before), turn + 50)).toBeCloseTo(before, 2);
    expect(pictureTsOf(onTheWire(turn + 50), turn - 150)).toBeCloseTo(turn + 50, 2);
  });

  it("may be a little ahead of our idea of the server's clock", () =>
    expect(pictureTsOf(onTheWire(NOW + 300), NOW)).toBeCloseTo(NOW + 300, 2));

  it("is unknown when the timestamp is of another clock", () => {
    expect(pictureTsOf(onTheWire(NOW - 31_000), NOW)).toBeNull();
    expect(pictureTsOf(onTheWire(NOW + 2_100), NOW)).toBeNull();
    expect(pictureTsOf(onTheWire(NOW - Math.floor(ROUND_MS / 2)), NOW)).toBeNull();
  });

  it("is unknown when there is no timestamp, or none that RTP could carry", () => {
    for (const nonsense of [undefined, null, Number.NaN, Infinity, -1, 2 ** 32, 1.5, "7"])
      expect(pictureTsOf(nonsense, NOW)).toBeNull();
  });
});
