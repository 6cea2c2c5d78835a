/** What is weighed of an order, and what goes back for it. Pure. */
import type { LineToWeigh, OrderToWeigh, UnitToWeigh } from "@shared/api-types";

export const GRAMS_MAX = 1_000_000;
/** Outside of these shares of what was ordered it is asked about first: a slip of the finger is money. */
const USUAL = { least: 0.5, most: 1.5 };

export const keyOf = (line: string, unit: number): string => `${line}:${unit}`;

/** What somebody or a pair of scales types: 965, 965 g, 0.965kg, in full-width digits, too. Null: no weight. */
export function gramsOf(text: string): number | null {
  const match = /^(\d{1,7})(?:[.,](\d{1,3}))?(kg|g|千克|公斤|克)?$/i.exec(text.normalize("NFKC").replace(/\s/g, ""));
  if (!match) return null;
  const [, whole = "", part = "", unit = "g"] = match;
  const isKilo = ["kg", "千克", "公斤"].includes(unit.toLowerCase());
  if (!isKilo && part !== "") return null;
  const grams = isKilo ? Number(whole) * 1_000 + Number(part.padEnd(3, "0") || 0) : Number(whole);
  return grams <= GRAMS_MAX ? grams : null;
}

/** As the server reckons it (commerce/pricing/prices.py, weight_refund): rounded half up, and nothing for what weighs more. */
export function backFor(paidMinor: number, chargedG: number, actualG: number): number {
  const kept = paidMinor * Math.min(actualG, chargedG);
  return paidMinor - Math.floor((2 * kept + chargedG) / (2 * chargedG));
}

export function isUnusual(chargedG: number, actualG: number): boolean {
  return actualG < chargedG * USUAL.least || actualG > chargedG * USUAL.most;
}

export interface Entered {
  line: LineToWeigh;
  unit: UnitToWeigh;
  grams: number;
  backMinor: number;
}

/** What has been typed for an order and not been sent; `texts`: by unit. Null: something of it is no weight. */
export function enteredOf(order: OrderToWeigh, texts: ReadonlyMap<string, string>): Entered[] | null {
  const found: Entered[] = [];
  for (const { line, unit } of openUnits(order)) {
    const text = texts.get(keyOf(line.line, unit.unit))?.trim() ?? "";
    if (text === "") continue;
    const grams = gramsOf(text);
    if (grams === null) return null;
    found.push({ line, unit, grams, backMinor: backFor(unit.paid_minor, line.grams, grams) });
  }
  return found;
}

/** Those that were not weighed yet, in the order of the page. */
export function openUnits(order: OrderToWeigh): { line: LineToWeigh; unit: UnitToWeigh }[] {
  return order.lines.flatMap((line) =>
    line.units.filter(({ grams }) => grams === null).map((unit) => ({ line, unit })),
  );
}

export function countOf(order: OrderToWeigh): { done: number; all: number } {
  const units = order.lines.flatMap((line) => line.units);
  return { done: units.filter(({ grams }) => grams !== null).length, all: units.length };
}

/** What is to be done, by window, the earliest first; without one, before all of them. Then what is done. */
export function inTurn<Order extends OrderToWeigh>(orders: readonly Order[]): { open: Order[]; done: Order[] } {
  const begins = ({ delivery }: Order): number => (delivery?.start ? Date.parse(delivery.start) : 0);
  const sorted = orders.toSorted((a, b) => begins(a) - begins(b) || (a.id < b.id ? -1 : 1));
  return {
    open: sorted.filter((order) => openUnits(order).length > 0),
    done: sorted.filter((order) => openUnits(order).length === 0 && countOf(order).all > 0),
  };
}
