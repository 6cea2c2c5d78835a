/** The outline of a delivery area: typed, drawn, and as it is shown on a map. Pure. WGS-84, degrees. */
import type { Circle, Corner, Polygon } from "@shared/api-types";
import type { LonLat } from "@kit/map/datum";
import { decimalText } from "@shared/numbers";

export const CORNERS_MAX = 200;
const EARTH_M = 6_371_008.8;
const RING_POINTS = 64;
const DECIMALS = 6;

/** A corner on each line, "31.23, 121.47": latitude, then longitude. Null where a line is none. */
export function cornersOf(text: string): Corner[] | null {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const corners = lines.map((line) => {
    const [lat, lon, more] = line.split(/[\s,，;]+/);
    if (lat === undefined || lon === undefined || more) return null;
    const [north, east] = [degreesOf(lat, 85), degreesOf(lon, 180)];
    return north === null || east === null ? null : { lat: north, lon: east };
  });
  return corners.every((corner) => corner !== null) ? corners : null;
}

/** What was typed for degrees north or east; null where it is none. */
export function degreesOf(text: string, most: number): number | null {
  const plain = decimalText(text);
  const value = plain === null ? Number.NaN : Number(plain);
  return Math.abs(value) <= most ? value : null;
}

export function cornerText({ lat, lon }: Corner): string {
  return `${degreesText(lat)}, ${degreesText(lon)}`;
}

/** To a tenth of a metre. */
export function degreesText(degrees: number): string {
  return String(Number(degrees.toFixed(DECIMALS)));
}

/** A shape as a ring to be drawn; of a circle so many corners. */
export function ringOf(shape: Circle | Polygon): LonLat[] {
  if (shape.kind === "polygon") return shape.points.map(({ lat, lon }) => [lon, lat]);
  const { lat, lon, radius_m: radius } = shape;
  const [phi, far] = [(lat * Math.PI) / 180, radius / EARTH_M];
  return Array.from({ length: RING_POINTS }, (_, n) => {
    const bearing = (2 * Math.PI * n) / RING_POINTS;
    const north = Math.asin(Math.sin(phi) * Math.cos(far) + Math.cos(phi) * Math.sin(far) * Math.cos(bearing));
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(far) * Math.cos(phi),
      Math.cos(far) - Math.sin(phi) * Math.sin(north),
    );
    return [lon + (east * 180) / Math.PI, (north * 180) / Math.PI];
  });
}
