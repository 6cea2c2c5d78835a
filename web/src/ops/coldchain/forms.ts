/** The forms of the cold chain: what is typed becomes a body for the server, or faults. Pure. Degrees are °C. */
import type {
  CalibrationRequest,
  CorrectionRequest,
  HandoverRequest,
  Offer,
  ProductRule,
  RuleRequest,
  ShipmentEnd,
  ShipmentRequest,
} from "@shared/api-types";
import { amountText, parseMoney } from "@shared/money";
import { typedNumber } from "@shared/numbers";
import { oneLine } from "@shared/text";
import { localOf, momentOf } from "@shared/zone";
import { checked, CURRENCY, lineFault, type Checked, type Fault, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";

export const NAME_MAX = 100;
export const REASON_MAX = 500;
export const BATCHES_MAX = 200;
export const DEFAULT = "default";
const CELSIUS_MIN = -100;
const CELSIUS_MAX = 125;
const MINUTES_MAX = 43_200;
const OFFSET_MAX = 50;
const DAYS_MAX = 365;
const AMOUNT_MAX = 1_000_000;
const YEAR_MS = 365 * 86_400_000;

export const OFFERS = ["none", "coupon", "replacement", "refund"] as const;

export interface Clock {
  nowMs: number;
  zone: string;
}

function put<Field extends string>(faults: Faults<Field>, field: Field, fault: Fault | undefined): void {
  if (fault) faults[field] = fault;
}

/** A number within bounds; null where nothing is typed and nothing needs to be. */
function numberOf<Field extends string>(
  text: string,
  field: Field,
  faults: Faults<Field>,
  bounds: { min: number; max: number; needed?: boolean; above?: boolean },
): number | null {
  const value = typedNumber(text);
  if (value === null) {
    if (bounds.needed) faults[field] = "required";
    return null;
  }
  if (Number.isNaN(value)) faults[field] = "not_a_number";
  else if (value > bounds.max || value < bounds.min || (bounds.above && value === bounds.min))
    faults[field] = "out_of_range";
  return value;
}

function timeOf<Field extends string>(text: string, field: Field, faults: Faults<Field>, zone: string): number {
  const found = text === "" ? "required" : momentOf(text, zone);
  if (typeof found !== "number") faults[field] = found;
  return typeof found === "number" ? found : Number.NaN;
}

const DEGREES = { min: CELSIUS_MIN, max: CELSIUS_MAX };

// --- a sensor ---

export function checkDevice({ name }: { name: string }): Checked<{ name: string; kind: "temperature" }, "name"> {
  const faults: Faults<"name"> = {};
  put(faults, "name", lineFault(name, NAME_MAX, true));
  return checked(faults, () => ({ name: oneLine(name), kind: "temperature" as const }));
}

export interface CalibrationForm {
  at: string;
  due: string;
  laboratory: string;
  certificate: string;
}
export type CalibrationField = keyof CalibrationForm;
export const CALIBRATION_NAMES: Names<CalibrationField> = {
  at: "at",
  due: "due",
  laboratory: "laboratory",
  certificate: "certificate",
};

export function calibrationForm({ nowMs, zone }: Clock): CalibrationForm {
  return { at: localOf(nowMs, zone), due: localOf(nowMs + YEAR_MS, zone), laboratory: "", certificate: "" };
}

export function checkCalibration(
  form: CalibrationForm,
  { nowMs, zone }: Clock,
): Checked<CalibrationRequest, CalibrationField> {
  const faults: Faults<CalibrationField> = {};
  const at = timeOf(form.at, "at", faults, zone);
  const due = timeOf(form.due, "due", faults, zone);
  if (at > nowMs) faults.at = "out_of_range";
  if (due <= at) faults.due = "too_early";
  put(faults, "laboratory", lineFault(form.laboratory, NAME_MAX, true));
  put(faults, "certificate", lineFault(form.certificate, NAME_MAX, false));
  return checked(faults, () => ({
    at,
    due,
    laboratory: oneLine(form.laboratory),
    certificate: oneLine(form.certificate),
  }));
}

export interface CorrectionForm {
  since: string;
  until: string;
  /** They were so much warmer, or no temperatures of the goods at all. */
  way: "offset" | "none";
  offset: string;
  reason: string;
}
export type CorrectionField = "since" | "until" | "offset" | "reason";
export const CORRECTION_NAMES: Names<CorrectionField> = {
  since: "since",
  until: "until",
  offset_c: "offset",
  reason: "reason",
};

export function correctionForm({ zone }: Clock, sinceMs: number, untilMs: number): CorrectionForm {
  return { since: localOf(sinceMs, zone), until: localOf(untilMs, zone), way: "offset", offset: "", reason: "" };
}

export function checkCorrection(form: CorrectionForm, { zone }: Clock): Checked<CorrectionRequest, CorrectionField> {
  const faults: Faults<CorrectionField> = {};
  const since = timeOf(form.since, "since", faults, zone);
  const until = timeOf(form.until, "until", faults, zone);
  if (until <= since) faults.until = "too_early";
  const offset =
    form.way === "none"
      ? null
      : numberOf(form.offset, "offset", faults, { min: -OFFSET_MAX, max: OFFSET_MAX, needed: true });
  put(faults, "reason", lineFault(form.reason, REASON_MAX, true));
  return checked(faults, () => ({
    since,
    until,
    reason: oneLine(form.reason),
    ...(offset === null ? {} : { offset_c: offset }),
  }));
}

// --- a shipment ---

export interface ShipmentForm {
  batches: { id: string; lot: string }[];
  devices: string[];
  begins: "now" | "earlier";
  origin: string;
  began: string;
  ends: "place" | "time";
  destination: string;
  planned: string;
}
export type ShipmentField = "batches" | "devices" | "origin" | "began" | "destination" | "planned";
export const SHIPMENT_NAMES: Names<ShipmentField> = {
  batches: "batches",
  devices: "devices",
  from: "origin",
  to: "planned",
};

export function shipmentForm({ nowMs, zone }: Clock): ShipmentForm {
  return {
    batches: [],
    devices: [],
    begins: "now",
    origin: "",
    began: localOf(nowMs, zone),
    ends: "place",
    destination: "",
    planned: "",
  };
}

/** The server takes where it begins or when; what is no place begins when it says. */
export function checkShipment(form: ShipmentForm, { nowMs, zone }: Clock): Checked<ShipmentRequest, ShipmentField> {
  const faults: Faults<ShipmentField> = {};
  if (form.batches.length === 0) faults.batches = "required";
  else if (form.batches.length > BATCHES_MAX) faults.batches = "out_of_range";
  if (form.devices.length === 0) faults.devices = "required";
  let from: string | number = oneLine(form.origin);
  if (form.begins === "now") put(faults, "origin", lineFault(form.origin, NAME_MAX, true));
  else {
    from = timeOf(form.began, "began", faults, zone);
    if (from > nowMs) faults.began = "out_of_range";
  }
  let to: string | number | null = null;
  if (form.ends === "place") {
    put(faults, "destination", lineFault(form.destination, NAME_MAX, false));
    to = oneLine(form.destination) || null;
  } else if (form.planned !== "") {
    to = timeOf(form.planned, "planned", faults, zone);
    if (to <= (typeof from === "number" ? from : nowMs)) faults.planned = "too_early";
  }
  return checked(faults, () => ({
    batches: form.batches.map(({ id }) => id),
    devices: [...form.devices],
    from,
    ...(to === null ? {} : { to }),
  }));
}

export interface HandoverForm {
  celsius: string;
  place: string;
}
export type HandoverField = keyof HandoverForm;
export const HANDOVER_NAMES: Names<HandoverField> = { celsius: "celsius", place: "place" };

export function checkHandover(form: HandoverForm): Checked<HandoverRequest, HandoverField> {
  const faults: Faults<HandoverField> = {};
  const celsius = numberOf(form.celsius, "celsius", faults, { ...DEGREES, needed: true });
  put(faults, "place", lineFault(form.place, NAME_MAX, true));
  return checked(faults, () => ({ celsius: celsius as number, place: oneLine(form.place) }));
}

export function checkEnd(form: HandoverForm): Checked<ShipmentEnd, HandoverField> {
  const faults: Faults<HandoverField> = {};
  const celsius = numberOf(form.celsius, "celsius", faults, DEGREES);
  put(faults, "place", lineFault(form.place, NAME_MAX, false));
  return checked(faults, () => (celsius === null ? {} : { celsius, place: oneLine(form.place) }));
}

// --- a rule, and what buyers are offered ---

export interface RuleForm {
  product: string;
  productTitle: string;
  high: string;
  low: string;
  minutes: string;
  grace: string;
  cumulative: string;
  window: string;
  hysteresis: string;
  rise: string;
  riseMinutes: string;
  silence: string;
  handover: string;
  /** "": none. */
  model: string;
  offer: Offer["kind"];
  amount: string;
  currency: string;
  days: string;
}
export type RuleField = Exclude<keyof RuleForm, "productTitle" | "model" | "offer" | "currency">;

export function ruleForm(of: ProductRule | null): RuleForm {
  const text = (value: number | null | undefined, otherwise = ""): string =>
    value === null || value === undefined ? otherwise : String(value);
  const { rule, offer } = of ?? {};
  return {
    product: of?.product ?? "",
    productTitle: "",
    high: text(rule?.high_c),
    low: text(rule?.low_c),
    minutes: text(rule?.minutes, "10"),
    grace: text(rule?.grace_minutes, "5"),
    cumulative: text(rule?.cumulative_minutes),
    window: text(rule?.window_minutes, "60"),
    hysteresis: text(rule?.hysteresis_c, "0.5"),
    rise: text(rule?.rise_c),
    riseMinutes: text(rule?.rise_minutes, "10"),
    silence: text(rule?.silence_minutes, "30"),
    handover: text(rule?.handover_c),
    model: of?.model ?? "",
    offer: offer?.kind ?? "none",
    amount: offer?.amount_minor ? amountText(offer.amount_minor, offer.currency ?? CURRENCY) : "",
    currency: offer?.currency ?? CURRENCY,
    days: text(offer?.days, "30"),
  };
}

export const RULE_NAMES: Names<RuleField> = {
  product: "product",
  "rule.high_c": "high",
  "rule.low_c": "low",
  "rule.minutes": "minutes",
  "rule.grace_minutes": "grace",
  "rule.cumulative_minutes": "cumulative",
  "rule.window_minutes": "window",
  "rule.hysteresis_c": "hysteresis",
  "rule.rise_c": "rise",
  "rule.rise_minutes": "riseMinutes",
  "rule.silence_minutes": "silence",
  "rule.handover_c": "handover",
  "offer.amount_minor": "amount",
  "offer.days": "days",
};

export function checkRule(form: RuleForm, version: number | null): Checked<RuleRequest, RuleField> {
  const faults: Faults<RuleField> = {};
  const minutes = { min: 0, max: MINUTES_MAX, needed: true };
  const more = { ...minutes, above: true };
  if (form.product === "") faults.product = "required";
  const high = numberOf(form.high, "high", faults, DEGREES);
  const low = numberOf(form.low, "low", faults, DEGREES);
  if (high !== null && low !== null && low >= high) faults.low ??= "out_of_range";
  const cumulative = numberOf(form.cumulative, "cumulative", faults, { ...more, needed: false });
  const window = numberOf(form.window, "window", faults, more);
  if (cumulative !== null && window !== null && !faults.window && cumulative >= window)
    faults.cumulative ??= "out_of_range";
  const rule = {
    high_c: high,
    low_c: low,
    minutes: numberOf(form.minutes, "minutes", faults, minutes) as number,
    grace_minutes: numberOf(form.grace, "grace", faults, minutes) as number,
    cumulative_minutes: cumulative,
    window_minutes: window as number,
    hysteresis_c: numberOf(form.hysteresis, "hysteresis", faults, { min: 0, max: 100, needed: true }) as number,
    rise_c: numberOf(form.rise, "rise", faults, { min: 0, max: 100 }),
    rise_minutes: numberOf(form.riseMinutes, "riseMinutes", faults, more) as number,
    silence_minutes: numberOf(form.silence, "silence", faults, more) as number,
    handover_c: numberOf(form.handover, "handover", faults, DEGREES),
  };
  const offer = offerOf(form, faults);
  return checked(faults, () => ({
    rule,
    model: form.model || null,
    offer,
    ...(version === null ? {} : { version }),
  }));
}

function offerOf(form: RuleForm, faults: Faults<RuleField>): Offer {
  if (form.offer !== "coupon") return { kind: form.offer, amount_minor: null, currency: null, days: 30 };
  const amount = form.amount.trim() === "" ? null : parseMoney(form.amount, form.currency);
  if (amount === null) faults.amount = form.amount.trim() === "" ? "required" : "not_money";
  else if (amount < 1 || amount > AMOUNT_MAX) faults.amount = "out_of_range";
  const days = numberOf(form.days, "days", faults, { min: 1, max: DAYS_MAX, needed: true });
  if (days !== null && !Number.isInteger(days)) faults.days ??= "not_a_number";
  return { kind: "coupon", amount_minor: amount, currency: form.currency, days: days as number };
}
