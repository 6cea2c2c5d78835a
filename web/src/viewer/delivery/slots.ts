/** The windows a buyer chooses from: by way, by pick-up point, and what each is called. Pure. */
import type { Slot, SlotPoint, Slots } from "@shared/api-types";
import { timeText } from "@shared/formats";
import { localOf } from "@shared/zone";

export type Method = Slot["method"];

const DAY_MS = 86_400_000;

/** The ways there are: to the door where there is an area, or why there is none can be told; pick-up where there is a point. */
export function methodsOf({ area, reason, items }: Slots): Method[] {
  const hasDoor = area !== null || reason !== null;
  const hasPickup = items.some(({ method }) => method === "pickup");
  return [...(hasDoor ? (["door"] as const) : []), ...(hasPickup ? (["pickup"] as const) : [])];
}

/** Each point that has windows: the nearest first, those at no known distance by name. */
export function pointsOf(items: readonly Slot[]): SlotPoint[] {
  const found = new Map(items.flatMap(({ point }) => (point ? [[point.id, point] as const] : [])));
  const far = ({ distance_m }: SlotPoint): number => distance_m ?? Infinity;
  return [...found.values()].sort((a, b) => (far(a) === far(b) ? a.name.localeCompare(b.name) : far(a) - far(b)));
}

/** The windows of one way; `point`: of that one alone. */
export function slotsOf(items: readonly Slot[], method: Method, point: string | null): Slot[] {
  return items.filter((slot) => slot.method === method && (method === "door" || slot.point?.id === point));
}

/**
 * The day and the hours, 今天 14:00-16:00 or 12月3日周四 09:00-12:00: by the clock of the shop, which is where it is delivered.
 * `nowMs`: Unix ms. A window until midnight ends at 24:00.
 */
export function slotText(
  slot: Pick<Slot, "from" | "until">,
  nowMs: number,
  locale: string,
  zone: string,
): [day: string, hours: string] {
  const [fromMs, untilMs] = [Date.parse(slot.from), Date.parse(slot.until)];
  const [begins, ends] = [localOf(fromMs, zone), localOf(untilMs, zone)];
  const end = ends.endsWith("T00:00") && ends.slice(0, 10) > begins.slice(0, 10) ? "24:00" : ends.slice(11);
  return [dayText(fromMs, nowMs, locale, zone), `${begins.slice(11)}-${end}`];
}

function dayText(ms: number, nowMs: number, locale: string, zone: string): string {
  const day = (at: number): number => Date.parse(`${localOf(at, zone).slice(0, 10)}T00:00Z`);
  const days = Math.round((day(ms) - day(nowMs)) / DAY_MS);
  if (days !== 0 && days !== 1) return timeText(ms, "day", locale, zone);
  const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
}

/** 09:00-20:00 of minutes of a day. */
export function hoursText({ opens, closes }: Pick<SlotPoint, "opens" | "closes">): string {
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return `${clock(opens)}-${clock(closes)}`;
}
