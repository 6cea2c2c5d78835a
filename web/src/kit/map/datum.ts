/**
 * From WGS-84, in which all of ours is kept, to GCJ-02, in which maps that are published in mainland China are drawn: some hundred
 * metres off, by a formula that was never published officially; and back. This is the one place that knows it. Pure.
 *
 * The approximation in common use (ellipsoid of Krasovsky 1940, accurate to about a metre). Outside a box around mainland China
 * nothing is moved; Hong Kong, Macao and Taiwan lie in the box and are moved as such tiles there are.
 */
export type LonLat = readonly [lon: number, lat: number];
export type Datum = "wgs84" | "gcj02";

/** Krasovsky 1940: semi-major axis in metres, first eccentricity squared. */
const AXIS_M = 6_378_245;
const ECCENTRICITY_2 = 0.006_693_421_622_965_943;
const TURNS = 5;
const BOX = { west: 72.004, east: 137.8347, south: 0.8293, north: 55.8271 } as const;

export function toDatum([lon, lat]: LonLat, datum: Datum): LonLat {
  return datum === "wgs84" || !isInBox(lon, lat) ? [lon, lat] : toGcj02(lon, lat);
}

/** Where a place of such a map is, in WGS-84. The formula has no inverse; each turn makes the rest some hundred times smaller. */
export function fromDatum(at: LonLat, datum: Datum): LonLat {
  let [lon, lat] = at;
  for (let turn = 0; turn < TURNS; turn++) {
    const [shownLon, shownLat] = toDatum([lon, lat], datum);
    [lon, lat] = [lon + at[0] - shownLon, lat + at[1] - shownLat];
  }
  return [lon, lat];
}

function isInBox(lon: number, lat: number): boolean {
  return lon >= BOX.west && lon <= BOX.east && lat >= BOX.south && lat <= BOX.north;
}

function toGcj02(lon: number, lat: number): LonLat {
  const [x, y] = [lon - 105, lat - 35];
  const phi = (lat / 180) * Math.PI;
  const magic = 1 - ECCENTRICITY_2 * Math.sin(phi) ** 2;
  const north = northM(x, y) / (((AXIS_M * (1 - ECCENTRICITY_2)) / magic ** 1.5 / 180) * Math.PI);
  const east = eastM(x, y) / (((AXIS_M / Math.sqrt(magic)) * Math.cos(phi) * Math.PI) / 180);
  return [lon + east, lat + north];
}

const wave = (a: number, of: number): number => a * Math.sin(of * Math.PI);

/** How far north, metres. */
function northM(x: number, y: number): number {
  const plain = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
  const waves =
    wave(20, 6 * x) + wave(20, 2 * x) + wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30);
  return plain + (waves * 2) / 3;
}

/** How far east, metres. */
function eastM(x: number, y: number): number {
  const plain = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
  const waves =
    wave(20, 6 * x) + wave(20, 2 * x) + wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30);
  return plain + (waves * 2) / 3;
}
