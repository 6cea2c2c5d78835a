/** Times as a clock on the wall of some zone shows them, to moments and back. Pure. */

/** Why a wall-clock time is no moment: it is not a time, or the clocks change then, so that there are none or two of it. */
export type ZoneFault = "pattern" | "clock_change";

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::00)?$/;
const DAY_MS = 86_400_000;

/** The browser's. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether it is the browser's, by whichever of its names. */
export function isOwnZone(zone: string): boolean {
  return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone === ownZone();
}

/** As <input type="datetime-local"> has it: 2026-11-29T20:00. */
export function localOf(ms: number, zone: string): string {
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 16);
}

/** The moment (Unix ms) of a text as <input type="datetime-local"> gives it. */
export function momentOf(text: string, zone: string): number | ZoneFault {
  const parts = LOCAL.exec(text);
  const asUtc = parts ? Date.parse(`${text.slice(0, 16)}:00Z`) : NaN;
  // What is no date, the 31st of June say, would be another.
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 16) !== text.slice(0, 16)) return "pattern";
  const offsets = new Set([asUtc - DAY_MS, asUtc + DAY_MS].map((ms) => offsetMs(ms, zone)));
  const found = [...offsets].map((offset) => asUtc - offset).filter((ms) => localOf(ms, zone) === text.slice(0, 16));
  return found.length === 1 && found[0] !== undefined ? found[0] : "clock_change";
}

/** How far the clocks of a zone are ahead of UTC. */
function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(ms);
  const at = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return (
    Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute"), at("second")) -
    Math.floor(ms / 1_000) * 1_000
  );
}
