/** A week of windows by the shop's calendar. Pure. Days are as in 2026-11-29. */
import type { DeliveryWindow } from "@shared/api-types";
import { localOf } from "@shared/zone";

const DAY_MS = 86_400_000;
const DAYS = 7;

export function dayOf(ms: number, zone: string): string {
  return localOf(ms, zone).slice(0, 10);
}

export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The days of the week that a day is in, Monday first. */
export function weekOf(day: string): string[] {
  const sinceMonday = (new Date(`${day}T00:00Z`).getUTCDay() + 6) % DAYS;
  return Array.from({ length: DAYS }, (_, n) => dayAfter(day, n - sinceMonday));
}

export interface WeekDay {
  day: string;
  windows: DeliveryWindow[];
}

/** Each day with its windows in their order. */
export function byDay(windows: readonly DeliveryWindow[], days: readonly string[], zone: string): WeekDay[] {
  return days.map((day) => ({
    day,
    windows: windows.filter(({ from }) => dayOf(Date.parse(from), zone) === day),
  }));
}

/** 14:00 to 16:00; the end of a day is 24:00. */
export function hoursOf({ from, until }: Pick<DeliveryWindow, "from" | "until">, zone: string): [string, string] {
  const [begins, ends] = [localOf(Date.parse(from), zone), localOf(Date.parse(until), zone)];
  const isMidnight = ends.endsWith("T00:00") && ends.slice(0, 10) !== begins.slice(0, 10);
  return [begins.slice(11), isMidnight ? "24:00" : ends.slice(11)];
}

/** Minutes of a day as <input type="time"> has them; the end of the day is 24:00. */
export function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** The other way; null for what is none. 24:00 and, for an end, 00:00 are the end of the day. */
export function minutesOf(text: string, isEnd = false): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  if (Number(match[2]) > 59 || minutes > 1_440) return null;
  return isEnd && minutes === 0 ? 1_440 : minutes;
}
