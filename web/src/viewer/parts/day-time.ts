/** A moment for people, as short as it is clear: 20:00 with its day where that is not today's, in 24 hours. Pure. */
import { timeText } from "@shared/formats";

const DAY_MS = 86_400_000;

export interface DayTimeOptions {
  /** Say "today" as well. */
  today?: boolean;
  /** It stands within a sentence. */
  within?: boolean;
}

/** `ts`, `nowTs`: Unix ms. 今天 20:00, 明天 09:30, 12月3日 20:00, 2027年1月2日 20:00 */
export function dayTime(
  ts: number,
  nowTs: number,
  locale: string,
  { today = false, within = false }: DayTimeOptions = {},
): string {
  const [then, now] = [new Date(ts), new Date(nowTs)];
  const days = Math.round((midnight(then) - midnight(now)) / DAY_MS);
  const hour = timeText(ts, "hour", locale);
  if (days === 0 && !today) return hour;
  if (Math.abs(days) <= 1) return `${named(days, locale, within)} ${hour}`;
  return timeText(ts, then.getFullYear() === now.getFullYear() ? "moment" : "dated", locale);
}

/** 今天, Tomorrow; within a sentence tomorrow */
function named(days: number, locale: string, within: boolean): string {
  const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  return within ? word : word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
}

/** Of its own day, in the time zone of who looks; rounded above, since a day may have 23 or 25 hours. */
function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
