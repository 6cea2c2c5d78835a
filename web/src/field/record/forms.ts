/** What is typed of a step and of a batch, to what is sent, or what is wrong with it. Pure. */
import type { BatchRequest, PlaceRequest } from "@shared/api-types";
import { typedNumber } from "@shared/numbers";
import { charsOf } from "@shared/text";
import { checked, type Checked, type Fault } from "@kit/forms/checked";
import { gtinOf, isCset82 } from "../codes";
import type { StepKind, Work } from "../queue/records";

/** As trace/batches/schemas.py bounds them. */
export const NOTE_MAX = 500;
const CELSIUS: readonly [number, number] = [-80, 200];
const UNITS_MAX = 10_000_000;
const PLACE_MAX = 120;

export interface StepForm {
  kind: StepKind | "";
  celsius: string;
  note: string;
}

/** Null: there is nothing, or no number. */
export function numberOf(text: string): number | null {
  const typed = typedNumber(text);
  return Number.isNaN(typed) ? null : typed;
}

type StepBody = Extract<Work, { type: "step" }>["body"];

export function checkedStep(
  form: StepForm,
  place: PlaceRequest | null,
  atMs: number,
): Checked<StepBody, keyof StepForm> {
  const faults: Partial<Record<keyof StepForm, Fault>> = {};
  const celsius = form.celsius.trim() === "" ? null : numberOf(form.celsius);
  if (form.kind === "") faults.kind = "required";
  if (form.celsius.trim() !== "" && celsius === null) faults.celsius = "not_a_number";
  else if (celsius !== null && (celsius < CELSIUS[0] || celsius > CELSIUS[1])) faults.celsius = "out_of_range";
  if (charsOf(form.note) > NOTE_MAX) faults.note = "too_long";
  return checked(faults, () => ({ kind: form.kind as StepKind, at: atMs, place, celsius, note: form.note.trim() }));
}

export interface BatchForm {
  product: string;
  gtin: string;
  lot: string;
  units: string;
  madeBy: NonNullable<BatchRequest["made_by"]>;
}

export function checkedBatch(
  form: BatchForm,
  place: PlaceRequest | null,
  atMs: number,
): Checked<BatchRequest, keyof BatchForm | "place"> {
  const faults: Partial<Record<keyof BatchForm | "place", Fault>> = {};
  const gtin = gtinOf(form.gtin);
  const units = numberOf(form.units);
  const lot = form.lot.trim();
  if (form.product === "") faults.product = "required";
  if (form.gtin.trim() === "") faults.gtin = "required";
  else if (gtin === null) faults.gtin = "pattern";
  if (lot === "") faults.lot = "required";
  else if (!isCset82(lot)) faults.lot = "pattern";
  if (form.units.trim() === "") faults.units = "required";
  else if (units === null || !Number.isInteger(units)) faults.units = "not_a_number";
  else if (units < 1 || units > UNITS_MAX) faults.units = "out_of_range";
  if (place === null) faults.place = "required";
  return checked(faults, () => ({
    product: form.product,
    gtin: gtin as string,
    lot,
    harvested_at: atMs,
    place: place as PlaceRequest,
    units: units as number,
    made_by: form.madeBy,
  }));
}

export interface PlaceForm {
  name: string;
  lat: string;
  lon: string;
}

/** Null where there is nothing, or not enough, of a place. */
export function placeOf({ name, lat, lon }: PlaceForm): PlaceRequest | null {
  const [at, along] = [numberOf(lat), numberOf(lon)];
  const words = name.trim();
  if (words === "" || charsOf(words) > PLACE_MAX || at === null || along === null) return null;
  if (Math.abs(at) > 90 || Math.abs(along) > 180) return null;
  return { name: words, lat: at, lon: along, datum: "wgs84" };
}

/** Whether something was typed of a place. */
export function isBegun({ name, lat, lon }: PlaceForm): boolean {
  return [name, lat, lon].some((text) => text.trim() !== "");
}
