// Places are where they are on a map of either kind.
import { describe, expect, it } from "vitest";
import { fromDatum, toDatum } from "./datum";

describe("a place", () => {
  it.each([
    ["Shanghai", [121.5272106, 31.1774276], [121.531541859215, 31.17530398364597]],
    ["Shenzhen", [113.912316, 22.543847], [113.9171764808363, 22.540796131694766]],
    ["Beijing", [116.377817, 39.911954], [116.38404722455657, 39.91334545536069]],
  ] as const)("in %s is moved for Chinese tiles", (_, from, to) => {
    const [lon, lat] = toDatum(from, "gcj02");
    expect(lon).toBeCloseTo(to[0], 6);
    expect(lat).toBeCloseTo(to[1], 6);
  });

  it("is where it was for other tiles, and outside China", () => {
    expect(toDatum([121.5272106, 31.1774276], "wgs84")).toEqual([121.5272106, 31.1774276]);
    expect(toDatum([2.3522, 48.8566], "gcj02")).toEqual([2.3522, 48.8566]);
  });
});

describe("a place on a map that was pointed at", () => {
  it.each([
    [121.5272106, 31.1774276],
    [87.6, 43.8],
    [2.3522, 48.8566],
  ] as const)("is at %d, %d where it is shown there", (...at) => {
    const back = fromDatum(toDatum(at, "gcj02"), "gcj02");
    expect(back[0]).toBeCloseTo(at[0], 9);
    expect(back[1]).toBeCloseTo(at[1], 9);
    expect(fromDatum(at, "wgs84")).toEqual([...at]);
  });
});
