/** Once more what was bought. Pure. */
import type { CartRequest, OrderLine } from "@shared/api-types";

const QTY_MAX = 1_000;

/** A cart with all that was in an order besides what is in it; gifts come by themselves. */
export function againLines(
  cart: readonly { product: string; qty: number }[],
  bought: readonly Pick<OrderLine, "product" | "qty" | "is_gift">[],
): CartRequest["lines"] {
  const wanted = new Map<string, number>();
  for (const { product, qty } of [...cart, ...bought.filter(({ is_gift }) => !is_gift)])
    wanted.set(product, Math.min(QTY_MAX, (wanted.get(product) ?? 0) + qty));
  return [...wanted].map(([product, qty]) => ({ product, qty }));
}
