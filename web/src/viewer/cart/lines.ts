/** The lines of a cart: what is in it, how many can be, and two carts made one. Pure. */
import type { CartLine } from "@shared/api-types";
import type { Card } from "@shared/wire";

/** `left` and `qty_max` (of which one order takes no more) are null where nobody is signed in: the server tells them of one's own. */
export type Line = Omit<CartLine, "left" | "qty_max"> & { left: number | null; qty_max: number | null };

/** The server takes no more of one product, and of most fewer. */
export const QTY_MAX = 1_000;
/** And no more products (LIVEHUB_CART_LINES_MAX, unless a shop says otherwise). */
export const LINES_MAX = 100;

/** As a card of the room's bag shows it; null: it has no price here, so it can't be bought out of one. */
export function lineOf(card: Card, qty: number): Line | null {
  if (card.price_minor === null || card.currency === null) return null;
  return {
    product: card.id,
    qty,
    title: card.title,
    ...(card.titles ? { titles: card.titles } : {}),
    image: card.image,
    unit: card.unit ?? "",
    ...(card.unit_names ? { unit_names: card.unit_names } : {}),
    price_minor: card.price_minor,
    currency: card.currency,
    is_weighed: card.weighed !== undefined,
    is_on_sale: true,
    left: null,
    qty_max: null,
  };
}

/** Whether it can be bought now. */
export function isBuyable({ is_on_sale, left }: Line): boolean {
  return is_on_sale && left !== 0;
}

/** At least one, so that a stepper has something to show. */
export function qtyMax(line: Line): number {
  return Math.max(1, Math.min(mostOf(line), line.left ?? QTY_MAX));
}

/** However many there are. A guest's line may be from before there was such a bound. */
function mostOf({ qty_max }: Partial<Pick<Line, "qty_max">>): number {
  return qty_max ?? QTY_MAX;
}

/** With so many more of it; a product that is there already stays where it is, and is shown as it is now. */
export function withMore(lines: readonly Line[], line: Line): Line[] {
  const known = lines.find(({ product }) => product === line.product);
  if (!known) return [line, ...lines];
  const { left, qty_max } = known;
  const more = { ...line, left, qty_max, qty: Math.min(mostOf(known), known.qty + line.qty) };
  return lines.map((other) => (other === known ? more : other));
}

export function withQty(lines: readonly Line[], product: string, qty: number): Line[] {
  return lines.map((line) =>
    line.product === product ? { ...line, qty: Math.max(1, Math.min(mostOf(line), qty)) } : line,
  );
}

/** Whether one more product is one too many. */
export function isFull(lines: readonly Line[], product: string): boolean {
  return lines.length >= LINES_MAX && !lines.some((line) => line.product === product);
}

/**
 * A guest's cart put into the one they had, of at most so many lines: of a product in both the larger number, so that doing it
 * twice (the answer to the first time was lost) does not double it. `waiting`: what there was no more room for.
 */
export function together(
  own: readonly Line[],
  guests: readonly Line[],
  linesMax: number,
): { lines: Line[]; waiting: Line[] } {
  const both = own.map((line) => {
    const other = guests.find(({ product }) => product === line.product);
    return other && other.qty > line.qty ? { ...line, qty: other.qty } : line;
  });
  const known = new Set(own.map(({ product }) => product));
  const others = guests.filter(({ product }) => !known.has(product));
  const room = Math.max(0, linesMax - both.length);
  return { lines: [...both, ...others.slice(0, room)], waiting: others.slice(room) };
}

export interface Sum {
  currency: string;
  minor: number;
  units: number;
}

/** What those that can be bought come to, by currency. */
export function sumsOf(lines: readonly Line[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const line of lines.filter(isBuyable)) {
    const qty = Math.min(line.qty, qtyMax(line));
    const sum = sums.get(line.currency) ?? { currency: line.currency, minor: 0, units: 0 };
    sums.set(line.currency, { ...sum, minor: sum.minor + line.price_minor * qty, units: sum.units + qty });
  }
  return [...sums.values()];
}

export function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Partial<Record<keyof Line, unknown>>;
  const texts = [line.product, line.title, line.unit, line.currency].every((text) => typeof text === "string");
  const figures = [line.qty, line.price_minor].every((figure) => Number.isSafeInteger(figure) && Number(figure) >= 0);
  return texts && figures && Number(line.qty) >= 1;
}
