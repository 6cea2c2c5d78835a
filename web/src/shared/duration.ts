/** Lengths of time for people: 0:07, 12:40, 1:02:03. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const tail = `${pad(minutes, hours > 0)}:${pad(seconds, true)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

function pad(value: number, wide: boolean): string {
  return wide ? String(value).padStart(2, "0") : String(value);
}
