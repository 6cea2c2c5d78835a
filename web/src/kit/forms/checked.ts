/** What a checked form comes to: a body for the server, or faults by field. Faults are keys of `kit.fault.*`. Pure. */
import { charsOf, oneLine } from "@shared/text";

export type Fault =
  | "required"
  | "too_long"
  | "not_a_number"
  | "decimals"
  | "not_money"
  | "out_of_range"
  | "too_few"
  | "twice"
  | "order"
  | "pattern"
  | "past"
  | "clock_change"
  | "taken"
  | "above_stock"
  | "below_taken"
  | "too_few_corners"
  | "too_early"
  | "unknown"
  | "refused";

export type Faults<Field extends string> = Partial<Record<Field, Fault>>;

export type Checked<Body, Field extends string> = { body: Body; faults: null } | { body: null; faults: Faults<Field> };

/** Money typed without a currency is in this one. */
export const CURRENCY = "CNY";
export const AMOUNT_MINOR_MAX = 10 ** 12;
export const TITLE_MAX = 120;

/** `body` is made only when nothing is wrong. */
export function checked<Body, Field extends string>(faults: Faults<Field>, body: () => Body): Checked<Body, Field> {
  return Object.keys(faults).length > 0 ? { body: null, faults } : { body: body(), faults: null };
}

/** What is wrong with a line of text, if anything. */
export function lineFault(text: string, max: number, required: boolean): Fault | undefined {
  const length = charsOf(text);
  if (length === 0) return required ? "required" : undefined;
  return length > max ? "too_long" : undefined;
}

/** Text or null, so that what was left empty is not sent as an empty line. */
export function orNull(text: string): string | null {
  return oneLine(text) || null;
}
