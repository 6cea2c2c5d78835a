/**
 * Chat at a rate that people can read. The server sends up to hundreds of lines a second; a phone shows a few of them.
 * Our own lines and those of host and staff always stay; the others are thinned evenly. Pure.
 */
import type { ChatLine } from "@shared/wire";

export function readable(lines: readonly ChatLine[], max: number, me: string | null): ChatLine[] {
  if (lines.length <= max) return [...lines];
  const always = new Set(lines.filter((line) => line.user === me || isStaff(line)));
  const rest = lines.filter((line) => !always.has(line));
  const places = Math.max(0, max - always.size);
  for (let n = 0; n < places; n++) {
    const line = rest[Math.floor(((n + 0.5) * rest.length) / places)];
    if (line) always.add(line);
  }
  return lines.filter((line) => always.has(line));
}

function isStaff(line: ChatLine): boolean {
  return line.badge !== undefined;
}
