/** How each product of the bag can be had: in a flash sale, at its own price, or not any more. */
import type { Card } from "@shared/wire";
import { useLiveRoom } from "../room/live-room";

export interface Shelved {
  /** A flash sale of it: running, sold out, or none. */
  offer: "open" | "gone" | null;
  /** How many there are, once there are few; null: plenty, or nobody counts. */
  left: number | null;
  /** The same of the gift that comes with it. */
  giftLeft: number | null;
}

export function useShelf(): (card: Card) => Shelved {
  const { room, sales } = useLiveRoom();

  /** Of several sales of a product one that can be had counts. */
  function offerOf(card: Card): Shelved["offer"] {
    const phases = sales.shown.value
      .filter((sale) => sale.card.id === card.id)
      .map((sale) => sales.standOf(sale).phase);
    if (phases.some((phase) => !["gone", "waiting", "over", "soon"].includes(phase))) return "open";
    return phases.some((phase) => phase === "gone" || phase === "waiting") ? "gone" : null;
  }

  return (card) => ({
    offer: offerOf(card),
    left: room.stock.value[`product:${card.id}`] ?? null,
    giftLeft: giftLeftOf(card, room.stock.value),
  });
}

export function giftLeftOf({ gift }: Card, stock: Readonly<Record<string, number>>): number | null {
  return gift ? (stock[`product:${gift.id}`] ?? null) : null;
}

/** What can't be had at all sinks to the end. */
export function isGone({ offer, left }: Shelved): boolean {
  return offer !== "open" && left === 0;
}
