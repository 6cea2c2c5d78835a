/** Phone numbers as people type them. Pure; the server has the last word on what is one. */

/** A number of mobile phones in mainland China has so many digits, and is complete with them. */
const MAINLAND_CODE = 86;
const DIGITS_MIN = 6;
const DIGITS_MAX = 14;
export const CODE_DIGITS = 6;

/** What was typed as E.164, e.g. +8613800138000; null while it cannot be a number. `callingCode`: of numbers without a country. */
export function e164Of(text: string, callingCode: number): string | null {
  const plain = text.normalize("NFKC").trim();
  const digits = plain.replace(/\D/g, "");
  const isAbroad = plain.startsWith("+") || digits.startsWith("00");
  const number = isAbroad ? digits.replace(/^00/, "") : `${callingCode}${digits}`;
  const own = number.length - (number.startsWith(String(callingCode)) ? String(callingCode).length : 0);
  if (own < DIGITS_MIN || number.length > DIGITS_MAX + 1) return null;
  if (number.startsWith(String(MAINLAND_CODE)) && number.length !== 13) return null;
  return `+${number}`;
}

/** E.164 with spaces, for eyes and for screen readers: +86 138 0013 8000. */
export function spaced(e164: string, callingCode: number): string {
  const prefix = `+${callingCode}`;
  if (!e164.startsWith(prefix)) return e164;
  const own = e164.slice(prefix.length);
  const pieces = own.length === 11 ? [own.slice(0, 3), own.slice(3, 7), own.slice(7)] : (own.match(/.{1,4}/g) ?? []);
  return [prefix, ...pieces].join(" ");
}

/** The digits of a code out of whatever was typed or pasted, e.g. "验证码 123456": the first six in a row, else all there are. */
export function codeIn(text: string): string {
  const plain = text.normalize("NFKC");
  const whole = /(?<!\d)\d{6}(?!\d)/.exec(plain)?.[0];
  return whole ?? plain.replace(/\D/g, "").slice(0, CODE_DIGITS);
}

/** Whether it may be the number of which one knows the end, as `*8000` says. */
export function endsLike(e164: string, label: string): boolean {
  return e164.endsWith(label.replace(/\D/g, ""));
}
