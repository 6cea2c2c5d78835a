/**
 * What a refund comes to, as it is put together: units by their index, so that a second click in another tab pays back none twice.
 * The server says what is left of each unit; nothing is computed here but sums. Pure.
 */
import type { LineToRefund, RefundRequest, RefundsOfOrder, UnitLeft } from "@shared/api-types";
import { charsOf, oneLine } from "@shared/text";
import { checked, type Checked, type Faults } from "@kit/forms/checked";

export const REASON_MAX = 200;
/** `auto`: as the server does by itself. */
export type Restock = "auto" | "yes" | "no";

export interface RefundForm {
  /** By `unitKey`. */
  units: string[];
  restock: Restock;
  /** We are to blame, so the delivery fee goes back, too. */
  atFault: boolean;
  reason: string;
}

export const emptyRefundForm = (): RefundForm => ({ units: [], restock: "auto", atFault: false, reason: "" });

export function unitKey({ line, unit }: Pick<UnitLeft, "line" | "unit">): string {
  return `${line}:${unit}`;
}

export interface RefundSums {
  goodsMinor: number;
  deliveryMinor: number;
  totalMinor: number;
  /** More than whoever asks may pay back alone. */
  wantsSecond: boolean;
}

/** `of`: how the order stands; units that are gone by now count for nothing. */
export function comesTo({ units, atFault }: Pick<RefundForm, "units" | "atFault">, of: RefundsOfOrder): RefundSums {
  const chosen = of.units.filter((unit) => units.includes(unitKey(unit)));
  const goodsMinor = chosen.reduce((sum, unit) => sum + unit.amount_minor, 0);
  // While a second person may still keep some of it, these are not the last units.
  const waits = of.items.some(({ state, lines }) => state === "approval" && lines.length > 0);
  const isWhole = chosen.length > 0 && chosen.length === of.units.length && !waits;
  const deliveryMinor = chosen.length > 0 && (atFault || isWhole) ? of.delivery_left_minor : 0;
  const totalMinor = goodsMinor + deliveryMinor;
  return { goodsMinor, deliveryMinor, totalMinor, wantsSecond: totalMinor > (of.alone_left_minor ?? 0) };
}

/** The units by line, as the server takes them, in the order of their index. */
export function linesOf(units: readonly string[]): LineToRefund[] {
  const byLine = new Map<string, number[]>();
  for (const key of units) {
    const at = key.lastIndexOf(":");
    const line = key.slice(0, at);
    byLine.set(line, [...(byLine.get(line) ?? []), Number(key.slice(at + 1))]);
  }
  return [...byLine].map(([line, which]) => ({ line, units: which.sort((a, b) => a - b) }));
}

export const restockOf = (restock: Restock): boolean | null => (restock === "auto" ? null : restock === "yes");

export function checkRefund(form: RefundForm, of: RefundsOfOrder | null): Checked<RefundRequest, "units" | "reason"> {
  const faults: Faults<"units" | "reason"> = {};
  if (of === null || comesTo(form, of).totalMinor <= 0) faults.units = "required";
  const reason = oneLine(form.reason);
  if (charsOf(reason) === 0) faults.reason = "required";
  else if (charsOf(reason) > REASON_MAX) faults.reason = "too_long";
  return checked(faults, () => ({
    lines: linesOf(form.units),
    reason,
    restock: restockOf(form.restock),
    at_fault: form.atFault,
  }));
}
