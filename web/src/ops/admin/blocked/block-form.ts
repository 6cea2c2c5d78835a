/** The form that blocks somebody. Pure. */
import type { BlockRequest } from "@shared/api-types";
import { oneLine } from "@shared/text";
import { momentOf } from "@shared/zone";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";

export const REASON_MAX = 200;
export const WAYS = ["person", "phone", "device"] as const;
export type Way = (typeof WAYS)[number];
/** Days from now; 0: for good. */
export const BLOCK_DAYS = [1, 7, 30, 90, 0] as const;
export type Until = (typeof BLOCK_DAYS)[number] | "date";

export interface BlockForm {
  by: Way;
  person: string;
  phone: string;
  device: string;
  until: Until;
  /** As <input type="datetime-local"> gives it. */
  date: string;
  reason: string;
}

export type BlockField = "person" | "phone" | "device" | "date" | "reason";

export const BLOCK_NAMES = {
  person: "person",
  phone: "phone",
  device: "device",
  until: "date",
  reason: "reason",
} as const satisfies Record<string, BlockField>;

const DAY_MS = 86_400_000;
const E164 = /^\+[1-9]\d{6,14}$/;
const DEVICE_MIN = 8;
const ID_MAX = 255;

export function emptyBlockForm(): BlockForm {
  return { by: "person", person: "", phone: "", device: "", until: 7, date: "", reason: "" };
}

/** A number as people write it, as E.164; null where it is none. `callingCode`: of one without a country. */
export function phoneOf(text: string, callingCode: number): string | null {
  const plain = text.replace(/[\s().-]/g, "").replace(/^00/, "+");
  const whole = plain.startsWith("+") ? plain : `+${callingCode}${plain.replace(/^0/, "")}`;
  return E164.test(whole) ? whole : null;
}

/** `nowMs`: Unix ms. `zone`: of the date in the form. */
export function checkBlock(
  form: BlockForm,
  { nowMs, zone, callingCode }: { nowMs: number; zone: string; callingCode: number },
): Checked<BlockRequest, BlockField> {
  const faults: Faults<BlockField> = {};
  const named = { person: form.person.trim(), phone: form.phone.trim(), device: form.device.trim() }[form.by];
  const phone = form.by === "phone" ? phoneOf(named, callingCode) : null;
  if (named === "") faults[form.by] = "required";
  else if (form.by === "phone" && phone === null) faults.phone = "pattern";
  else if (form.by === "device" && named.length < DEVICE_MIN) faults.device = "pattern";
  else if (named.length > ID_MAX) faults[form.by] = "too_long";
  const until = untilOf(form, nowMs, zone);
  if (typeof until === "string") faults.date = until;
  const reason = lineFault(form.reason, REASON_MAX, true);
  if (reason) faults.reason = reason;
  return checked(faults, () => ({
    person: form.by === "person" ? named : null,
    phone,
    device: form.by === "device" ? named : null,
    reason: oneLine(form.reason),
    until: typeof until === "number" ? new Date(until).toISOString() : null,
  }));
}

function untilOf(
  { until, date }: BlockForm,
  nowMs: number,
  zone: string,
): number | null | "required" | "pattern" | "past" | "clock_change" {
  if (until === 0) return null;
  if (until !== "date") return nowMs + until * DAY_MS;
  if (date === "") return "required";
  const ms = momentOf(date, zone);
  return typeof ms === "number" && ms <= nowMs ? "past" : ms;
}
