/** Money for people: integer minor units and an ISO 4217 code, in and out. */
import { decimalText } from "./numbers";

/** Digits after the point, as the currency has them (CNY 2, JPY 0). */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

export interface MoneyParts {
  /** Behind the sign of an amount below zero. */
  symbol: string;
  whole: string;
  /** With its separator; empty when there is none to show. */
  fraction: string;
}

/** Whether a fraction that is nothing but zeros is shown. */
export type Zeros = "drop" | "keep";

/** The parts of an amount, for setting the whole part large; `narrowSymbol` gives ¥ for CNY in every language. */
export function moneyParts(minor: number, currency: string, locale: string, zeros: Zeros = "drop"): MoneyParts {
  const digits = minorDigits(currency);
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  const parts: MoneyParts = { symbol: "", whole: "", fraction: "" };
  for (const { type, value } of format.formatToParts(minor / 10 ** digits)) {
    if (type === "currency" || type === "minusSign") parts.symbol += value;
    else if (type === "decimal" || type === "fraction") parts.fraction += value;
    else if (type === "integer" || type === "group") parts.whole += value;
  }
  if (zeros === "drop" && /^\D?0*$/.test(parts.fraction)) parts.fraction = "";
  return parts;
}

/** One string: ¥39.90, ¥20; with its zeros kept ¥20.00. */
export function formatMoney(minor: number, currency: string, locale: string, zeros: Zeros = "drop"): string {
  const { symbol, whole, fraction } = moneyParts(minor, currency, locale, zeros);
  return `${symbol}${whole}${fraction}`;
}

/** As a person types it into a field: 39.90 */
export function amountText(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

/** What a person typed ("39.9", "1,234") as minor units; null if it is no amount. */
export function parseMoney(text: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const match = /^(\d{1,10})(?:\.(\d+))?$/.exec(decimalText(text) ?? "");
  if (!match || (match[2] ?? "").length > digits) return null;
  return Number(match[1]) * 10 ** digits + Number((match[2] ?? "").padEnd(digits, "0") || "0");
}
