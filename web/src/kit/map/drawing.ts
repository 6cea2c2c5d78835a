/** What is drawn on a map, as GeoJSON (RFC 7946), and how. Pure: colours come in. */
import type { FeatureCollection, Position } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { toDatum, type Datum, type LonLat } from "./datum";

export type Tone = "leaf" | "berry" | "warm" | "danger";

export interface Place {
  id: string;
  name: string;
  /** WGS-84, degrees. */
  at: LonLat;
  tone?: Tone;
}

export interface Drawing {
  places: readonly Place[];
  /** Ways, each along its points. */
  lines?: readonly { id: string; name: string; along: readonly LonLat[]; tone?: Tone }[];
  /** Areas, each within its ring, which needs not be closed. */
  areas?: readonly { id: string; name: string; within: readonly LonLat[]; tone?: Tone }[];
}

/** Pictures of a map to lie below; of whose datum decides where everything else is drawn. */
export interface Tiles {
  /** With {z}, {x} and {y}. Its host must be in LIVEHUB_MAP_TILES_URL, or the policy forbids it. */
  url: string;
  attribution: string;
  datum: Datum;
}

export type Colours = Readonly<Record<Tone | "ground" | "ink" | "edge", string>>;

export function features({ places, lines = [], areas = [] }: Drawing, datum: Datum): FeatureCollection {
  const put = (at: LonLat): Position => [...toDatum(at, datum)];
  const ring = (within: readonly LonLat[]): Position[] => {
    const points = within.map(put);
    const [first, last] = [points[0], points.at(-1)];
    return first && last && (first[0] !== last[0] || first[1] !== last[1]) ? [...points, first] : points;
  };
  return {
    type: "FeatureCollection",
    features: [
      ...areas.map(({ id, name, within, tone = "leaf" }) => ({
        type: "Feature" as const,
        properties: { id, name, tone },
        geometry: { type: "Polygon" as const, coordinates: [ring(within)] },
      })),
      ...lines.map(({ id, name, along, tone = "berry" }) => ({
        type: "Feature" as const,
        properties: { id, name, tone },
        geometry: { type: "LineString" as const, coordinates: along.map(put) },
      })),
      ...places.map(({ id, name, at, tone = "leaf" }) => ({
        type: "Feature" as const,
        properties: { id, name, tone },
        geometry: { type: "Point" as const, coordinates: put(at) },
      })),
    ],
  };
}

/** West, south, east, north of all that is drawn; null of nothing. A single place has some room around it. */
export function bounds(collection: FeatureCollection): [number, number, number, number] | null {
  const all: Position[] = collection.features.flatMap(({ geometry }) =>
    geometry.type === "Point"
      ? [geometry.coordinates]
      : geometry.type === "LineString"
        ? geometry.coordinates
        : geometry.type === "Polygon"
          ? geometry.coordinates.flat()
          : [],
  );
  if (all.length === 0) return null;
  const [lons, lats] = [all.map(([lon]) => lon ?? 0), all.map(([, lat]) => lat ?? 0)];
  const room = all.length === 1 ? 0.01 : 0;
  return [Math.min(...lons) - room, Math.min(...lats) - room, Math.max(...lons) + room, Math.max(...lats) + room];
}

/** A plain ground, tiles where there are any, areas, ways, places. No text: letters would have to be fetched. */
export function mapStyle(collection: FeatureCollection, colours: Colours, tiles: Tiles | null): StyleSpecification {
  const tone = [
    "match",
    ["get", "tone"],
    "berry",
    colours.berry,
    "warm",
    colours.warm,
    "danger",
    colours.danger,
    colours.leaf,
  ];
  const colour = tone as unknown as string;
  return {
    version: 8,
    sources: {
      drawing: { type: "geojson", data: collection },
      ...(tiles
        ? { tiles: { type: "raster" as const, tiles: [tiles.url], tileSize: 256, attribution: tiles.attribution } }
        : {}),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colours.ground } },
      ...(tiles ? [{ id: "tiles", type: "raster" as const, source: "tiles" }] : []),
      {
        id: "areas",
        type: "fill",
        source: "drawing",
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": colour, "fill-opacity": 0.2, "fill-outline-color": colour },
      },
      {
        id: "lines",
        type: "line",
        source: "drawing",
        filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": colour, "line-width": 4 },
      },
      {
        id: "places",
        type: "circle",
        source: "drawing",
        filter: ["==", ["geometry-type"], "Point"],
        paint: {
          "circle-color": colour,
          "circle-radius": 8,
          "circle-stroke-color": colours.edge,
          "circle-stroke-width": 2,
        },
      },
    ],
  };
}
