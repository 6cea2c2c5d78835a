// Outlines are typed a corner on a line, and shown as rings.
import { describe, expect, it } from "vitest";
import { cornersOf, cornerText, degreesOf, ringOf } from "./outline";

describe("corners", () => {
  it.each([
    [
      "31.23, 121.47\n31.24 121.48\n\n",
      [
        { lat: 31.23, lon: 121.47 },
        { lat: 31.24, lon: 121.48 },
      ],
    ],
    ["-33.8，151.2", [{ lat: -33.8, lon: 151.2 }]],
    ["３１.２, １２１.４", [{ lat: 31.2, lon: 121.4 }]],
    ["", []],
    ["31.23", null],
    ["31.23, 121.47, 5", null],
    ["121.47, 31.23", null], // the other way round
    ["north, east", null],
  ])("%j", (text, corners) => expect(cornersOf(text)).toEqual(corners));

  it("are shown to a tenth of a metre", () =>
    expect(cornerText({ lat: 31.123456789, lon: 121 })).toBe("31.123457, 121"));

  it("has degrees within their bounds", () =>
    expect([degreesOf("85", 85), degreesOf("85.1", 85), degreesOf("", 85)]).toEqual([85, null, null]));
});

describe("a ring", () => {
  it("of a circle is as far away as its radius", () => {
    const ring = ringOf({ kind: "circle", lat: 31.23, lon: 121.47, radius_m: 3_000 });
    expect(ring).toHaveLength(64);
    expect(ring[0]?.[0]).toBeCloseTo(121.47, 9);
    expect(((ring[0]?.[1] ?? 0) - 31.23) * 111_195.08).toBeCloseTo(3_000, 1);
    expect(((ring[16]?.[0] ?? 0) - 121.47) * 111_195.08 * Math.cos((31.23 * Math.PI) / 180)).toBeCloseTo(3_000, 0);
  });

  it("of a polygon is its corners, east first", () =>
    expect(ringOf({ kind: "polygon", points: [{ lat: 1, lon: 2 }] })).toEqual([[2, 1]]));
});
