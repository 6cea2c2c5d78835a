// Places are where they are on a map of either kind.
import { describe, expect, it } from "vitest";
import { toDatum } from "./datum";

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
