/** A lot for a new batch. Pure. */

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/** The day of a moment, as `20261130`, where this phone is. */
export function dayOf(now: Date): string {
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("");
}

/**
 * The day and a letter that no lot of this product has yet, as far as this phone knows: `20261130A`. Capitals, so that the code
 * on the label stays small. `mark`: of this phone, put behind it where others may be given the same lot meanwhile.
 */
export function suggestedLot(day: string, taken: readonly string[], mark = ""): string {
  const upper = new Set(taken.map((lot) => lot.toUpperCase()));
  for (const letter of LETTERS) if (!upper.has(`${day}${letter}${mark}`)) return `${day}${letter}${mark}`;
  for (let number = 1; ; number++) if (!upper.has(`${day}Z${number}${mark}`)) return `${day}Z${number}${mark}`;
}

/** A mark of two characters for this phone. `chance`: from 0 to 1. */
export function markOf(chance: () => number): string {
  const pick = (): string => LETTERS[Math.floor(chance() * LETTERS.length)] ?? "A";
  return `-${pick()}${pick()}`;
}
