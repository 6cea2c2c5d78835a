/** Where a sensor, a shipment and a finding stand. Pure. Times are Unix ms. */
import type { Device, Finding, ProductRule, Shipment } from "@shared/api-types";
import type { Tone } from "../selling/tones";
import { DEFAULT } from "./forms";

const MINUTE_MS = 60_000;
/** What a rule says where nobody has changed it. */
const SILENCE_MINUTES = 30;
/** Beyond this a sensor's clock is told as wrong. */
const SKEW_S = 60;

export type DeviceState = "off" | "never" | "silent" | "overdue" | "fine";

export function silenceOf(rules: readonly ProductRule[]): number {
  return rules.find(({ product }) => product === DEFAULT)?.rule.silence_minutes ?? SILENCE_MINUTES;
}

export function deviceState(
  { is_on, seen_at, is_overdue }: Pick<Device, "is_on" | "seen_at" | "is_overdue">,
  nowMs: number,
  silenceMinutes = SILENCE_MINUTES,
): DeviceState {
  if (!is_on) return "off";
  if (seen_at === null) return "never";
  if (nowMs - Date.parse(seen_at) > silenceMinutes * MINUTE_MS) return "silent";
  return is_overdue ? "overdue" : "fine";
}

export function deviceTone(state: DeviceState): Tone {
  return ({ off: "plain", never: "warn", silent: "bad", overdue: "warn", fine: "good" } as const)[state];
}

export const isSkewed = ({ skew_s }: Pick<Device, "skew_s">): boolean => Math.abs(skew_s) > SKEW_S;

export type ShipmentState = "over" | "breached" | "late" | "under_way";

/** A breach stays with a shipment, whether it has ended or not. */
export function shipmentState(
  { ended_at, ends_at, breaches }: Pick<Shipment, "ended_at" | "ends_at" | "breaches">,
  nowMs: number,
): ShipmentState {
  if (ended_at !== null) return "over";
  if (breaches > 0) return "breached";
  return ends_at !== null && nowMs > Date.parse(ends_at) ? "late" : "under_way";
}

export function shipmentTone(state: ShipmentState): Tone {
  return ({ over: "plain", breached: "bad", late: "warn", under_way: "good" } as const)[state];
}

export type FindingState = "corrected" | "open" | "ended" | "told";

/** What is told of one moment has no end: a hand-over, a rise. */
export function findingState({
  corrected_at,
  ended_at,
  cause,
}: Pick<Finding, "corrected_at" | "ended_at" | "cause">): FindingState {
  if (corrected_at !== null) return "corrected";
  if (ended_at !== null) return "ended";
  return cause === "above" || cause === "below" ? "open" : "told";
}

export function findingTone({ level }: Pick<Finding, "level">, state: FindingState): Tone {
  if (state === "corrected") return "plain";
  return level === "breach" ? "bad" : "warn";
}
