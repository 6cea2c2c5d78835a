/** The forms of delivery: what is typed becomes a body for the server, or faults. Pure. */
import type {
  AreaRequest,
  Circle,
  DeliveryArea,
  DeliveryPattern,
  DeliveryWindow,
  PatternRequest,
  PickupPoint,
  PointRequest,
  Polygon,
  WindowRequest,
} from "@shared/api-types";
import { amountText, parseMoney } from "@shared/money";
import { oneLine } from "@shared/text";
import { localOf, momentOf } from "@shared/zone";
import { checked, CURRENCY, lineFault, type Checked, type Fault, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";
import { cornersOf, CORNERS_MAX, cornerText, degreesOf, degreesText } from "./outline";
import { clockOf, minutesOf } from "./week";

export const NAME_MAX = 60;
export const LINE_MAX = 200;
const CAPACITY_MAX = 1_000_000;
const CUT_OFF_HOURS_MAX = 336;
const RADIUS_KM_MAX = 100;
const MINUTE_MS = 60_000;

/** A whole number that was typed; null for anything else. */
export function wholeOf(text: string): number | null {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

function inBoth(zh: string, en: string): { zh?: string; en?: string } | null {
  const names = { ...(oneLine(zh) ? { zh: oneLine(zh) } : {}), ...(oneLine(en) ? { en: oneLine(en) } : {}) };
  return Object.keys(names).length > 0 ? names : null;
}

// --- what it costs: of an area and of a point ---

interface CostForm {
  fee: string;
  freeFrom: string;
  minimum: string;
}
type CostField = keyof CostForm;
const NO_COST: CostForm = { fee: "0", freeFrom: "", minimum: "" };

function costFormOf(of: DeliveryArea | PickupPoint): CostForm {
  const text = (minor: number | null): string => (minor === null ? "" : amountText(minor, of.currency));
  return {
    fee: text(of.fee_minor),
    freeFrom: text(of.free_from_minor),
    minimum: of.minimum_minor === 0 ? "" : text(of.minimum_minor),
  };
}

function checkCost(form: CostForm, currency: string, faults: Faults<CostField>) {
  const money = (field: CostField): number | null => {
    if (form[field].trim() === "") return null;
    const minor = parseMoney(form[field], currency);
    if (minor === null) faults[field] = "not_money";
    return minor;
  };
  return {
    currency,
    fee_minor: money("fee") ?? 0,
    free_from_minor: money("freeFrom"),
    minimum_minor: money("minimum") ?? 0,
  };
}

const COST_NAMES = { fee_minor: "fee", free_from_minor: "freeFrom", minimum_minor: "minimum" } as const;

// --- an area ---

export const SHAPES = ["none", "circle", "polygon"] as const;

export interface AreaForm extends CostForm {
  name: string;
  zh: string;
  en: string;
  currency: string;
  position: string;
  isOn: boolean;
  regions: string[];
  shape: (typeof SHAPES)[number];
  lat: string;
  lon: string;
  radiusKm: string;
  corners: string;
}
export type AreaField = CostField | "name" | "position" | "regions" | "centre" | "radiusKm" | "corners";

export function areaForm(area: DeliveryArea | null): AreaForm {
  const shape = area?.shape ?? null;
  const circle = shape?.kind === "circle" ? shape : null;
  return {
    name: area?.name ?? "",
    zh: area?.names?.zh ?? "",
    en: area?.names?.en ?? "",
    currency: area?.currency ?? CURRENCY,
    position: area ? String(area.position) : "",
    isOn: area?.is_on ?? true,
    regions: [...(area?.regions ?? [])],
    shape: shape?.kind ?? "none",
    lat: circle ? degreesText(circle.lat) : "",
    lon: circle ? degreesText(circle.lon) : "",
    radiusKm: circle ? String(circle.radius_m / 1_000) : "3",
    corners: shape?.kind === "polygon" ? shape.points.map(cornerText).join("\n") : "",
    ...(area ? costFormOf(area) : NO_COST),
  };
}

export const AREA_NAMES: Names<AreaField> = {
  name: "name",
  regions: "regions",
  position: "position",
  shape: "corners",
  ...COST_NAMES,
};

/** The shape as far as it is typed; null where it is none yet, or there is to be none. */
export function shapeOf(form: AreaForm, faults: Faults<AreaField> = {}): Circle | Polygon | null {
  if (form.shape === "circle") {
    const [lat, lon] = [degreesOf(form.lat, 85), degreesOf(form.lon, 180)];
    const km = Number(form.radiusKm.trim() || Number.NaN);
    if (lat === null || lon === null) faults.centre = form.lat && form.lon ? "out_of_range" : "required";
    if (!(km >= 0.05 && km <= RADIUS_KM_MAX)) faults.radiusKm = "out_of_range";
    if (lat === null || lon === null || faults.radiusKm) return null;
    return { kind: "circle", lat, lon, radius_m: Math.round(km * 1_000) };
  }
  if (form.shape === "none") return null;
  const points = cornersOf(form.corners);
  if (points === null) faults.corners = "pattern";
  else if (points.length < 3 || points.length > CORNERS_MAX) faults.corners = "too_few_corners";
  return points && !faults.corners ? { kind: "polygon", points } : null;
}

export function checkArea(form: AreaForm): Checked<AreaRequest, AreaField> {
  const faults: Faults<AreaField> = {};
  setFault(faults, "name", lineFault(form.name, NAME_MAX, true));
  const shape = shapeOf(form, faults);
  if (form.shape === "none" && form.regions.length === 0) faults.regions = "required";
  const position = form.position.trim() === "" ? null : wholeOf(form.position);
  if (form.position.trim() !== "" && (position === null || position > 1_000_000)) faults.position = "out_of_range";
  const cost = checkCost(form, form.currency, faults);
  return checked(faults, () => ({
    name: oneLine(form.name),
    names: inBoth(form.zh, form.en),
    regions: form.regions,
    shape,
    is_on: form.isOn,
    ...(position === null ? {} : { position }),
    ...cost,
  }));
}

// --- a pick-up point ---

export interface PointForm extends CostForm {
  name: string;
  zh: string;
  en: string;
  line: string;
  lat: string;
  lon: string;
  opens: string;
  closes: string;
  closedDays: number[];
  currency: string;
  isOn: boolean;
}
export type PointField = CostField | "name" | "line" | "place" | "opens" | "closes";

export function pointForm(point: PickupPoint | null): PointForm {
  return {
    name: point?.name ?? "",
    zh: point?.names?.zh ?? "",
    en: point?.names?.en ?? "",
    line: point?.line ?? "",
    lat: point ? degreesText(point.lat) : "",
    lon: point ? degreesText(point.lon) : "",
    opens: clockOf(point?.opens ?? 540),
    closes: clockOf(point?.closes ?? 1_200),
    closedDays: [...(point?.closed_days ?? [])],
    currency: point?.currency ?? CURRENCY,
    isOn: point?.is_on ?? true,
    ...(point ? costFormOf(point) : NO_COST),
  };
}

export const POINT_NAMES: Names<PointField> = {
  name: "name",
  line: "line",
  lat: "place",
  lon: "place",
  opens: "opens",
  closes: "closes",
  ...COST_NAMES,
};

export function checkPoint(form: PointForm): Checked<PointRequest, PointField> {
  const faults: Faults<PointField> = {};
  setFault(faults, "name", lineFault(form.name, NAME_MAX, true));
  setFault(faults, "line", lineFault(form.line, LINE_MAX, true));
  const [lat, lon] = [degreesOf(form.lat, 85), degreesOf(form.lon, 180)];
  if (lat === null || lon === null) faults.place = form.lat && form.lon ? "out_of_range" : "required";
  const [opens, closes] = hours(form.opens, form.closes, faults, "opens", "closes");
  const cost = checkCost(form, form.currency, faults);
  return checked(faults, () => ({
    name: oneLine(form.name),
    names: inBoth(form.zh, form.en),
    line: oneLine(form.line),
    lat: lat ?? 0,
    lon: lon ?? 0,
    opens,
    closes,
    closed_days: [...form.closedDays].sort(),
    is_on: form.isOn,
    ...cost,
  }));
}

// --- whose a window or a pattern is: "area:…" or "point:…" ---

export function whoseOf(of: { area: string | null; point: string | null }): string {
  return of.area !== null ? `area:${of.area}` : `point:${of.point}`;
}

function ofWhom(whose: string): { area: string } | { point: string } {
  const id = whose.slice(whose.indexOf(":") + 1);
  return whose.startsWith("area:") ? { area: id } : { point: id };
}

// --- a window ---

export interface WindowForm {
  whose: string;
  day: string;
  from: string;
  until: string;
  cutOffHours: string;
  capacity: string;
}
export type WindowField = keyof WindowForm;

export function windowForm(day: string, whose: string): WindowForm {
  return { whose, day, from: "14:00", until: "16:00", cutOffHours: "2", capacity: "20" };
}

export const WINDOW_NAMES: Names<WindowField> = {
  area: "whose",
  point: "whose",
  from: "from",
  until: "until",
  orders_until: "cutOffHours",
  capacity: "capacity",
};

/** `zone`: the shop's, by whose clock it is typed. */
export function checkWindow(
  form: WindowForm,
  { nowMs, zone }: { nowMs: number; zone: string },
): Checked<WindowRequest, WindowField> {
  const faults: Faults<WindowField> = {};
  if (form.whose === "") faults.whose = "required";
  if (form.day === "") faults.day = "required";
  const [from, until] = hours(form.from, form.until, faults, "from", "until");
  const begins = momentOf(`${form.day}T${clockOf(from)}`, zone);
  const ends = until === 1_440 ? endOf(form.day, zone) : momentOf(`${form.day}T${clockOf(until)}`, zone);
  if (!faults.from && !faults.day && typeof begins === "string") faults.from = begins;
  if (!faults.until && !faults.day && typeof ends === "string") faults.until = ends;
  const cutOff = cutOffMinutes(form.cutOffHours);
  if (cutOff === null) faults.cutOffHours = "out_of_range";
  const ordersUntil = Number(begins) - (cutOff ?? 0) * MINUTE_MS;
  if (typeof begins === "number" && !faults.from && !faults.cutOffHours && ordersUntil <= nowMs) faults.from = "past";
  const capacity = capacityOf(form.capacity, faults);
  return checked(faults, () => ({
    ...ofWhom(form.whose),
    from: Number(begins),
    until: Number(ends),
    orders_until: ordersUntil,
    capacity,
  }));
}

/** Midnight after the day. */
function endOf(day: string, zone: string): ReturnType<typeof momentOf> {
  const next = new Date(Date.parse(`${day}T00:00Z`) + 86_400_000);
  return Number.isNaN(next.getTime()) ? "pattern" : momentOf(`${next.toISOString().slice(0, 10)}T00:00`, zone);
}

export interface CapacityForm {
  capacity: string;
  /** As <input type="datetime-local"> has it. */
  ordersUntil: string;
}
export const CAPACITY_NAMES = { capacity: "capacity", orders_until: "ordersUntil" } as const;

export function capacityForm(window: DeliveryWindow | null, zone: string): CapacityForm {
  return {
    capacity: String(window?.capacity ?? 0),
    ordersUntil: window ? localOf(Date.parse(window.orders_until), zone) : "",
  };
}

/** What of a window is another; `version`: of the one that is shown. */
export function checkCapacity(form: CapacityForm, window: DeliveryWindow, zone: string) {
  const faults: Faults<keyof CapacityForm> = {};
  const capacity = capacityOf(form.capacity, faults);
  if (!faults.capacity && capacity < window.held + window.sold) faults.capacity = "below_taken";
  const until = momentOf(form.ordersUntil, zone);
  if (typeof until === "string") faults.ordersUntil = until;
  else if (until > Date.parse(window.until)) faults.ordersUntil = "out_of_range";
  const isSame = form.ordersUntil === localOf(Date.parse(window.orders_until), zone);
  return checked(faults, () => ({
    version: window.version,
    capacity,
    ...(isSame ? {} : { orders_until: Number(until) }),
  }));
}

// --- a weekly pattern ---

export interface PatternForm {
  whose: string;
  days: number[];
  from: string;
  until: string;
  cutOffHours: string;
  capacity: string;
  begins: string;
  ends: string;
  isOn: boolean;
}
export type PatternField = Exclude<keyof PatternForm, "isOn">;
export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;

export function patternForm(pattern: DeliveryPattern | null, today: string): PatternForm {
  return {
    whose: pattern ? whoseOf(pattern) : "",
    days: [...(pattern?.days ?? WEEK)],
    from: clockOf(pattern?.from_minute ?? 840),
    until: clockOf(pattern?.until_minute ?? 960),
    cutOffHours: String((pattern?.cut_off_minutes ?? 120) / 60),
    capacity: String(pattern?.capacity ?? 20),
    begins: pattern?.begins_on ?? today,
    ends: pattern?.ends_on ?? "",
    isOn: pattern?.is_on ?? true,
  };
}

export const PATTERN_NAMES: Names<PatternField> = {
  area: "whose",
  point: "whose",
  days: "days",
  from_minute: "from",
  until_minute: "until",
  cut_off_minutes: "cutOffHours",
  capacity: "capacity",
  begins_on: "begins",
  ends_on: "ends",
};

export function checkPattern(form: PatternForm): Checked<PatternRequest, PatternField> {
  const faults: Faults<PatternField> = {};
  if (form.whose === "") faults.whose = "required";
  if (form.days.length === 0) faults.days = "required";
  const [from, until] = hours(form.from, form.until, faults, "from", "until");
  const cutOff = cutOffMinutes(form.cutOffHours);
  if (cutOff === null) faults.cutOffHours = "out_of_range";
  const capacity = capacityOf(form.capacity, faults);
  if (form.begins === "") faults.begins = "required";
  else if (form.ends !== "" && form.ends < form.begins) faults.ends = "too_early";
  return checked(faults, () => ({
    ...ofWhom(form.whose),
    days: [...form.days].sort(),
    from_minute: from,
    until_minute: until,
    cut_off_minutes: cutOff ?? 0,
    capacity,
    begins_on: form.begins,
    ends_on: form.ends || null,
    is_on: form.isOn,
  }));
}

// --- what several of them have ---

function hours<Field extends string>(
  begins: string,
  ends: string,
  faults: Faults<Field>,
  from: Field,
  until: Field,
): [number, number] {
  const [first, last] = [minutesOf(begins), minutesOf(ends, true)];
  if (first === null || first === 1_440) faults[from] = "pattern";
  if (last === null) faults[until] = "pattern";
  else if (first !== null && last <= first) faults[until] = "too_early";
  return [first ?? 0, last ?? 0];
}

/** Hours before it begins, in minutes: 1.5 is 90. */
function cutOffMinutes(text: string): number | null {
  const hours = text.trim() === "" ? 0 : Number(text);
  return hours >= 0 && hours <= CUT_OFF_HOURS_MAX ? Math.round(hours * 60) : null;
}

function capacityOf(text: string, faults: { capacity?: Fault }): number {
  const capacity = wholeOf(text);
  if (capacity === null || capacity > CAPACITY_MAX) faults.capacity = "out_of_range";
  return capacity ?? 0;
}

function setFault<Field extends string>(faults: Faults<Field>, field: Field, fault: Fault | undefined): void {
  if (fault) faults[field] = fault;
}
