/** What a quote comes to, as lines that add up, and what is not as it was shown before. Pure. */
import type { GoneGift, QuoteLine, QuoteReply } from "@shared/api-types";

export interface BillLine {
  what: "goods" | "discount" | "delivery" | "deliveryDiscount";
  /** Below zero: taken off. */
  minor: number;
}

type Sums = Pick<QuoteReply, "goods_minor" | "discount_minor" | "delivery_minor" | "delivery_discount_minor">;

/** Goods always, delivery wherever something is delivered by rule, what is taken off where something is. */
export function billOf(quote: Sums & Pick<QuoteReply, "delivery">): BillLine[] {
  const lines: BillLine[] = [{ what: "goods", minor: quote.goods_minor }];
  if (quote.discount_minor > 0) lines.push({ what: "discount", minor: -quote.discount_minor });
  if (quote.delivery !== null || quote.delivery_minor > 0)
    lines.push({ what: "delivery", minor: quote.delivery_minor });
  if (quote.delivery_discount_minor > 0)
    lines.push({ what: "deliveryDiscount", minor: -quote.delivery_discount_minor });
  return lines;
}

/** What is to be paid: the sum of the lines that are shown, whatever else was said. */
export function totalOf(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { minor }) => sum + minor, 0);
}

/** All that is taken off, above zero. */
export function savedOf(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { minor }) => sum + Math.max(0, -minor), 0);
}

/** Tells the lines of a quote apart: a product may be held by a tap, be in the cart, and come as a gift. */
export function lineKey({ product, sale, is_gift }: Pick<QuoteLine, "product" | "sale" | "is_gift">): string {
  return `${product}/${sale ?? ""}/${is_gift ? "gift" : ""}`;
}

type Compared = Pick<QuoteLine, "product" | "sale" | "is_gift" | "unit_price_minor">;

/** Which lines cost more or less than before. One that was not there before is not changed. */
export function repriced(before: readonly Compared[], now: readonly Compared[]): ReadonlySet<string> {
  const known = new Map(before.map((line) => [lineKey(line), line.unit_price_minor]));
  return new Set(
    now.flatMap((line) => {
      const was = known.get(lineKey(line));
      return was !== undefined && was !== line.unit_price_minor ? [lineKey(line)] : [];
    }),
  );
}

/** Whether a gift is given away that was not when it was last looked at. */
export function goneSince(
  before: readonly Pick<GoneGift, "product">[],
  now: readonly Pick<GoneGift, "product">[],
): boolean {
  return now.some(({ product }) => !before.some((gift) => gift.product === product));
}
