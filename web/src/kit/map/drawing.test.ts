// What is drawn is where it is, in the datum of what lies below; and a map shows all of it.
import { describe, expect, it } from "vitest";
import { bounds, features, mapStyle, type Colours } from "./drawing";

const COLOURS: Colours = {
  leaf: "#00aa00",
  berry: "#0000aa",
  warm: "#aa5500",
  danger: "#aa0000",
  ground: "#eeeeee",
  ink: "#111111",
  edge: "#ffffff",
};
const FARM = { id: "farm", name: "Farm", at: [2, 48] } as const;

describe("a drawing", () => {
  it("closes its areas, and has areas below ways below places", () => {
    const drawn = features(
      {
        places: [FARM],
        lines: [
          {
            id: "way",
            name: "Way",
            along: [
              [2, 48],
              [3, 49],
            ],
          },
        ],
        areas: [
          {
            id: "field",
            name: "Field",
            within: [
              [0, 0],
              [1, 0],
              [1, 1],
            ],
          },
        ],
      },
      "wgs84",
    );
    expect(drawn.features.map(({ geometry }) => geometry)).toEqual([
      {
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
      {
        type: "LineString",
        coordinates: [
          [2, 48],
          [3, 49],
        ],
      },
      { type: "Point", coordinates: [2, 48] },
    ]);
    expect(bounds(drawn)).toEqual([0, 0, 3, 49]);
  });

  it("is moved for Chinese tiles", () => {
    const [feature] = features({ places: [{ ...FARM, at: [121.5272106, 31.1774276] }] }, "gcj02").features;
    const [lon] = (feature?.geometry as { coordinates: number[] }).coordinates;
    expect(lon).toBeCloseTo(121.531541859215, 6);
  });

  it("has room around a single place, and no bounds of nothing", () => {
    expect(bounds(features({ places: [FARM] }, "wgs84"))).toEqual([1.99, 47.99, 2.01, 48.01]);
    expect(bounds(features({ places: [] }, "wgs84"))).toBeNull();
  });

  it("asks nobody for anything without tiles", () => {
    const style = mapStyle(features({ places: [FARM] }, "wgs84"), COLOURS, null);
    expect([Object.keys(style.sources), style.glyphs, style.sprite]).toEqual([["drawing"], undefined, undefined]);
    const tiles = { url: "https://tiles.example/{z}/{x}/{y}.png", attribution: "© them", datum: "wgs84" } as const;
    expect(mapStyle(features({ places: [] }, "wgs84"), COLOURS, tiles).layers.map(({ id }) => id)).toEqual([
      "ground",
      "tiles",
      "areas",
      "lines",
      "places",
    ]);
  });
});
