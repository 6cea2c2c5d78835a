/** Where somebody stopped in which recording, in this browser. The newest few are kept. */
import { lasting } from "@shared/store";

export interface Place {
  id: string;
  atS: number;
}

const STORE = "livehub.places";
const PLACES_MAX = 40;
/** Who has seen less than this begins anew, and who has less than this before them has seen it all. */
const BEGUN_S = 3;
const LEFT_S = 5;

/** The places after stopping at `atS` of `durationS`: this one first, or gone if there is nothing to go on with. Pure. */
export function placed(places: readonly Place[], id: string, atS: number, durationS: number): Place[] {
  const others = places.filter((place) => place.id !== id);
  if (atS < BEGUN_S || durationS - atS < LEFT_S) return others;
  return [{ id, atS: Math.round(atS * 10) / 10 }, ...others].slice(0, PLACES_MAX);
}

/** What was stored, as far as it is of the expected form. Pure. */
export function parsePlaces(text: string | null): Place[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isPlace).slice(0, PLACES_MAX) : [];
  } catch {
    return [];
  }
}

function isPlace(value: unknown): value is Place {
  const place = value as Partial<Place> | null;
  return typeof place?.id === "string" && typeof place.atS === "number" && Number.isFinite(place.atS) && place.atS >= 0;
}

/** Where to go on; null for the beginning. */
export function placeKept(id: string): number | null {
  return parsePlaces(lasting.get(STORE)).find((place) => place.id === id)?.atS ?? null;
}

export function keepPlace(id: string, atS: number, durationS: number): void {
  lasting.setJson(STORE, placed(parsePlaces(lasting.get(STORE)), id, atS, durationS));
}
