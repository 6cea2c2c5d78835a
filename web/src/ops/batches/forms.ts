/** The forms of batches: what is typed becomes a body for the server, or faults. Pure. */
import type {
  BatchCertificateRequest,
  BatchRequest,
  BatchStepRequest,
  MakingRequest,
  PlaceRequest,
} from "@shared/api-types";
import { typedNumber } from "@shared/numbers";
import { charsOf, oneLine } from "@shared/text";
import { localOf, momentOf } from "@shared/zone";
import { checked, lineFault, type Checked, type Fault, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";

export const PLACE_NAME_MAX = 120;
export const LOT_MAX = 20;
export const NOTE_MAX = 500;
export const CERTIFICATES_MAX = 20;
export const CERTIFICATE_MAX = 60;
export const PARTS_MAX = 100;
export const SHEET_BOXES_MAX = 1_000;
const UNITS_MAX = 10_000_000;
const AHEAD_MS = 86_400_000;

export const ORIGINS = ["harvest", "slaughter", "kitchen"] as const;
export const DATUMS = ["wgs84", "gcj02", "bd09"] as const;
export const MAKINGS = ["split", "merge", "repack"] as const;
export const STEP_KINDS = [
  "planted",
  "treated",
  "harvested",
  "slaughtered",
  "washed",
  "cut",
  "cooked",
  "cooled",
  "inspected",
  "packed",
  "stored",
  "shipped",
  "received",
  "handed_over",
  "delivered",
  "recalled",
  "destroyed",
] as const;
type Making = (typeof MAKINGS)[number];

/** What GS1 lets stand in a lot (General Specifications, table 7.11-1: character set 82). */
const LOT = /^[!"%-?A-Z_a-z]{1,20}$/;

/** Whether the last of 8, 12, 13 or 14 digits is their check digit (General Specifications, 7.9). */
export function isGtin(text: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
  const digits = [...text].map(Number).reverse();
  const sum = digits.reduce((total, digit, at) => total + digit * (at % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

function wholeOf(text: string, most: number): number | Fault {
  if (text.trim() === "") return "required";
  const value = typedNumber(text);
  if (value === null || !Number.isInteger(value)) return "not_a_number";
  return value >= 1 && value <= most ? value : "out_of_range";
}

/** Moments up to a day ahead: clocks are wrong, and a harvest may be told of on its eve. */
export function pastOf(text: string, zone: string, nowMs: number): number | Fault {
  if (text === "") return "required";
  const found = momentOf(text, zone);
  if (typeof found !== "number") return found;
  return found > nowMs + AHEAD_MS ? "out_of_range" : found;
}

interface Clock {
  nowMs: number;
  zone: string;
}

// --- a place ---

export interface PlaceForm {
  name: string;
  lat: string;
  lon: string;
  datum: (typeof DATUMS)[number];
}
export type PlaceField = "place" | "lat" | "lon";

export const noPlace = (): PlaceForm => ({ name: "", lat: "", lon: "", datum: "wgs84" });

export const isPlaced = (form: PlaceForm): boolean =>
  form.name.trim() !== "" || form.lat.trim() !== "" || form.lon.trim() !== "";

function placeOf(form: PlaceForm, faults: Faults<PlaceField>): PlaceRequest {
  put(faults, "place", lineFault(form.name, PLACE_NAME_MAX, true));
  const degrees = (field: "lat" | "lon", most: number): number => {
    const value = typedNumber(form[field]);
    if (value === null) faults[field] = "required";
    else if (Number.isNaN(value)) faults[field] = "not_a_number";
    else if (Math.abs(value) > most) faults[field] = "out_of_range";
    return value ?? Number.NaN;
  };
  return { name: oneLine(form.name), lat: degrees("lat", 90), lon: degrees("lon", 180), datum: form.datum };
}

// --- a batch ---

export interface CertificateForm {
  kind: string;
  number: string;
  /** The id of an upload. */
  picture: string;
  validUntil: string;
}

export interface BatchForm {
  product: string;
  productTitle: string;
  gtin: string;
  lot: string;
  madeBy: (typeof ORIGINS)[number];
  madeAt: string;
  units: string;
  place: PlaceForm;
  certificates: CertificateForm[];
}
export type BatchField = PlaceField | "product" | "gtin" | "lot" | "madeAt" | "units" | "certificates";

export function batchForm({ nowMs, zone }: Clock): BatchForm {
  const now = localOf(nowMs, zone);
  return {
    product: "",
    productTitle: "",
    gtin: "",
    lot: `${now.slice(0, 10).replaceAll("-", "")}A`,
    madeBy: "harvest",
    madeAt: now,
    units: "",
    place: noPlace(),
    certificates: [],
  };
}

export const BATCH_NAMES: Names<BatchField> = {
  product: "product",
  gtin: "gtin",
  lot: "lot",
  harvested_at: "madeAt",
  units: "units",
  place: "place",
  "place.lat": "lat",
  "place.lon": "lon",
  certificates: "certificates",
};

export function checkBatch(form: BatchForm, clock: Clock): Checked<BatchRequest, BatchField> {
  const faults: Faults<BatchField> = {};
  if (form.product === "") faults.product = "required";
  const gtin = form.gtin.trim();
  if (!isGtin(gtin)) faults.gtin = gtin === "" ? "required" : "pattern";
  put(faults, "lot", lotFault(form.lot));
  const at = pastOf(form.madeAt, clock.zone, clock.nowMs);
  if (typeof at !== "number") faults.madeAt = at;
  const units = wholeOf(form.units, UNITS_MAX);
  if (typeof units !== "number") faults.units = units;
  const place = placeOf(form.place, faults);
  if (form.certificates.some(({ kind }) => oneLine(kind) === "")) faults.certificates = "required";
  return checked(faults, () => ({
    product: form.product,
    gtin,
    lot: form.lot.trim(),
    made_by: form.madeBy,
    harvested_at: at as number,
    units: units as number,
    place,
    certificates: form.certificates.map(certificateOf),
  }));
}

function certificateOf({ kind, number, picture, validUntil }: CertificateForm): BatchCertificateRequest {
  return {
    kind: oneLine(kind),
    ...(oneLine(number) ? { number: oneLine(number) } : {}),
    ...(picture ? { picture } : {}),
    ...(validUntil ? { valid_until: validUntil } : {}),
  };
}

function lotFault(text: string): Fault | undefined {
  const lot = text.trim();
  if (lot === "") return "required";
  if (charsOf(lot) > LOT_MAX) return "too_long";
  return LOT.test(lot) ? undefined : "pattern";
}

// --- a step ---

export interface StepForm {
  kind: (typeof STEP_KINDS)[number];
  at: string;
  celsius: string;
  place: PlaceForm;
  photo: string;
  note: string;
}
export type StepField = PlaceField | "at" | "celsius" | "note" | "photo";

export function stepForm({ nowMs, zone }: Clock): StepForm {
  return { kind: "washed", at: localOf(nowMs, zone), celsius: "", place: noPlace(), photo: "", note: "" };
}

export const STEP_NAMES: Names<StepField> = {
  at: "at",
  celsius: "celsius",
  photo: "photo",
  note: "note",
  place: "place",
  "place.lat": "lat",
  "place.lon": "lon",
};

export function checkStep(form: StepForm, clock: Clock): Checked<BatchStepRequest, StepField> {
  const faults: Faults<StepField> = {};
  const at = pastOf(form.at, clock.zone, clock.nowMs);
  if (typeof at !== "number") faults.at = at;
  const celsius = typedNumber(form.celsius);
  if (Number.isNaN(celsius)) faults.celsius = "not_a_number";
  else if (celsius !== null && (celsius < -80 || celsius > 200)) faults.celsius = "out_of_range";
  put(faults, "note", lineFault(form.note, NOTE_MAX, false));
  const place = isPlaced(form.place) ? placeOf(form.place, faults) : null;
  return checked(faults, () => ({
    kind: form.kind,
    at: at as number,
    ...(celsius === null ? {} : { celsius }),
    ...(place === null ? {} : { place }),
    ...(form.photo ? { photo: form.photo } : {}),
    ...(form.note.trim() ? { note: form.note.trim() } : {}),
  }));
}

// --- a split, a merge, a repack ---

export interface InputForm {
  batch: string;
  /** What it is called; only shown. */
  lot: string;
  units: string;
}

export interface OutputForm {
  lot: string;
  units: string;
  /** Of a repack alone; empty: as the first that goes in. */
  gtin: string;
  product: string;
  productTitle: string;
}

export interface MakingForm {
  kind: Making;
  at: string;
  inputs: InputForm[];
  outputs: OutputForm[];
}
export type MakingField = "at" | "inputs" | "outputs";

export const noOutput = (): OutputForm => ({ lot: "", units: "", gtin: "", product: "", productTitle: "" });

export function makingForm(kind: Making, from: { id: string; lot: string; left: number }, clock: Clock): MakingForm {
  return {
    kind,
    at: localOf(clock.nowMs, clock.zone),
    inputs: [{ batch: from.id, lot: from.lot, units: String(from.left) }],
    outputs: kind === "split" ? [noOutput(), noOutput()] : [noOutput()],
  };
}

export const MAKING_NAMES: Names<MakingField> = { at: "at", inputs: "inputs", outputs: "outputs" };

/** Units as far as they are typed. */
export function unitsOf(rows: readonly { units: string }[]): number {
  return rows.reduce((total, { units }) => {
    const value = wholeOf(units, UNITS_MAX);
    return total + (typeof value === "number" ? value : 0);
  }, 0);
}

export function checkMaking(form: MakingForm, clock: Clock): Checked<MakingRequest, MakingField> {
  const faults: Faults<MakingField> = {};
  const at = pastOf(form.at, clock.zone, clock.nowMs);
  if (typeof at !== "number") faults.at = at;
  put(
    faults,
    "inputs",
    rowsFault(form.inputs, ({ batch }) => (batch === "" ? "required" : undefined)),
  );
  const ids = form.inputs.map(({ batch }) => batch).filter((id) => id !== "");
  if (new Set(ids).size < ids.length) faults.inputs ??= "twice";
  if (form.kind === "merge" && form.inputs.length < 2) faults.inputs ??= "too_few";
  if (form.kind === "split" && form.outputs.length < 2) faults.outputs = "too_few";
  put(faults, "outputs", rowsFault(form.outputs, outputFault));
  const lots = form.outputs.map(({ lot, gtin }) => `${gtin.trim()} ${lot.trim()}`);
  if (new Set(lots).size < lots.length) faults.outputs ??= "twice";
  // Less may come out, which was lost; and a repack may count in other units.
  if (!faults.inputs && !faults.outputs && form.kind !== "repack" && unitsOf(form.outputs) > unitsOf(form.inputs))
    faults.outputs = "above_stock";
  return checked(faults, () => ({
    kind: form.kind,
    at: at as number,
    inputs: form.inputs.map(({ batch, units }) => ({ batch, units: Number(typedNumber(units)) })),
    outputs: form.outputs.map(({ lot, units, gtin, product }) => ({
      lot: lot.trim(),
      units: Number(typedNumber(units)),
      ...(form.kind === "repack" && gtin.trim() ? { gtin: gtin.trim() } : {}),
      ...(form.kind === "repack" && product ? { product } : {}),
    })),
  }));
}

function outputFault({ lot, gtin }: OutputForm): Fault | undefined {
  return lotFault(lot) ?? (gtin.trim() !== "" && !isGtin(gtin.trim()) ? "pattern" : undefined);
}

function rowsFault<Row extends { units: string }>(
  rows: readonly Row[],
  faultOf: (row: Row) => Fault | undefined,
): Fault | undefined {
  for (const row of rows) {
    const units = wholeOf(row.units, UNITS_MAX);
    const fault = faultOf(row) ?? (typeof units === "number" ? undefined : units);
    if (fault) return fault;
  }
  return undefined;
}

// --- labels ---

export interface SheetForm {
  boxes: string;
}

export function checkSheet({ boxes }: SheetForm): Checked<{ boxes: number }, "boxes"> {
  const count = wholeOf(boxes, SHEET_BOXES_MAX);
  return checked(typeof count === "number" ? {} : { boxes: count }, () => ({ boxes: count as number }));
}

function put<Field extends string>(faults: Faults<Field>, field: Field, fault: Fault | undefined): void {
  if (fault) faults[field] = fault;
}
