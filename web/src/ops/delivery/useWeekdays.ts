/** Days of the week by their number (ISO 8601, Monday is 1), in the language in use: Mon, 周一. */
import { useFormatters } from "@shared/formats";

/** A Monday, at noon in every zone. */
const MONDAY_MS = Date.UTC(2026, 10, 30, 12);
const DAY_MS = 86_400_000;

export function useWeekdays(): (day: number) => string {
  const { locale } = useFormatters();
  return (day) =>
    new Intl.DateTimeFormat(locale.value, { weekday: "short", timeZone: "UTC" }).format(MONDAY_MS + (day - 1) * DAY_MS);
}
