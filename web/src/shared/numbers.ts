/**
 * Numbers as people type them, right or not at all. Pure.
 *
 * Digits may be of any script that the shops' people write (full width, Arabic-Indic, Devanagari, ...). The point is a decimal one
 * and a comma stands between groups of three, as both of our languages have it; a comma that cannot stand there is a decimal one
 * where it cannot be anything else ("12,5"). Spaces of any width and apostrophes group, too. What could be two numbers is none:
 * "1,2345" is a slip, or 12345 counted by ten thousands, or 1.2345.
 */
const ZEROS = ["0", "\u0660", "\u06f0", "\u0966", "\u09e6", "\u0e50", "\uff10"].map((zero) => zero.codePointAt(0) ?? 0);
const SIGNS: Record<string, string> = {
  "\uff0b": "+",
  "\u2212": "-",
  "\uff0d": "-",
  "\uff0e": ".",
  "\u066b": ".",
  "\uff0c": ",",
  "\u066c": "'",
  "\u2019": "'",
  "\uff07": "'",
};
const SPACES = /[\s\u2000-\u200a\u202f\u3000]/g;
/** Every decimal of so many digits is a number of its own in a double. */
const DIGITS_MAX = 15;

const GROUPED = {
  ",": /^[1-9]\d{0,2}(,\d{3})+$/,
  ".": /^[1-9]\d{0,2}(\.\d{3})+$/,
  " ": /^[1-9]\d{0,2}( \d{3})+$/,
  "'": /^[1-9]\d{0,2}('\d{3})+$/,
} as const;
type Separator = keyof typeof GROUPED;

/** What was typed in the one way in which programs write it ("-1234.5"); null for what is no number, or could be two. */
export function decimalText(text: string): string | null {
  const match = /^([+-]?)([\d., ']+)$/.exec(
    [...text.trim()]
      .map(plain)
      .join("")
      .replace(/^([+-]) /, "$1"),
  );
  const parts = match?.[2] === undefined ? null : split(match[2]);
  if (!match || !parts) return null;
  const [whole, fraction] = parts;
  if (whole.length + fraction.length > DIGITS_MAX) return null;
  return `${match[1] === "-" ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
}

/** A typed number; null for nothing, NaN for what is none. */
export function typedNumber(text: string): number | null {
  if (text.trim() === "") return null;
  const decimal = decimalText(text);
  return decimal === null ? Number.NaN : Number(decimal);
}

/** Digits after the point of a number. */
export function decimalsOf(value: number): number {
  const [digits = "", exponent = "0"] = String(value).split("e");
  return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent));
}

function plain(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const zero = ZEROS.find((first) => code >= first && code <= first + 9);
  return zero === undefined ? (SIGNS[char] ?? char.replace(SPACES, " ")) : String(code - zero);
}

/** The digits before and after the point. */
function split(digits: string): [string, string] | null {
  const used = [...new Set(digits.replace(/\d/g, ""))] as Separator[];
  const last = used.at(-1);
  if (last === undefined) return [digits, ""];
  if (used.length > 2) return null;
  const grouping = used.length === 2 ? used[0] : undefined;
  if (!grouping && isGrouped(digits, last) && !isPoint(digits, last)) return [withoutAll(digits, last), ""];
  const [whole = "", fraction = "", ...more] = digits.split(last);
  if (more.length > 0 || !(last === "." || last === ",") || !/^\d+$/.test(fraction)) return null;
  if (grouping) return isGrouped(whole, grouping) ? [withoutAll(whole, grouping), fraction] : null;
  if (!/^\d+$/.test(whole) || (last === "," && fraction.length > 2 && !/^0+$/.test(whole))) return null;
  return [whole, fraction];
}

function isGrouped(digits: string, separator: Separator): boolean {
  return GROUPED[separator].test(digits);
}

/** One point is a decimal one, though three digits follow it. */
function isPoint(digits: string, separator: Separator): boolean {
  return separator === "." && digits.split(".").length === 2;
}

function withoutAll(digits: string, separator: Separator): string {
  return digits.split(separator).join("");
}
