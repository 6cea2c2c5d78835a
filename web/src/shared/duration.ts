/** Lengths of time for people; countdowns are rounded up, so that it is over when they say 0. */

/** 0:07, 12:40, 1:02:03 */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const tail = `${pad(minutes, hours > 0)}:${pad(seconds, true)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** With all its places, which stay where they are: 00:09:58, 26:00:00 */
export function countdownText(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  return [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60].map((part) => pad(part, true)).join(":");
}

/** What somebody may count on, so rounded down, and rarely longer than an hour: 09:41, 90:00 */
export function minutesText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  return `${pad(Math.floor(total / 60), true)}:${pad(total % 60, true)}`;
}

function pad(value: number, wide: boolean): string {
  return wide ? String(value).padStart(2, "0") : String(value);
}
