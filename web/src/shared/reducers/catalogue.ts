/** The pin and the bag; the same rules as in commerce/catalogue/room_messages.py. */
import type { Card } from "../wire";
import type { Bounds, Reducers } from "./types";

/** Of a server that does not say it in the snapshot yet. */
export const BAG_MAX = 100;

export const CATALOGUE = {
  pin: (view, { card }, bounds) => ({ ...view, pin: card, bag: put(view.bag, card, bounds) }),
  unpin: (view) => ({ ...view, pin: null }),
  bag_put: (view, { card }, bounds) => ({
    ...view,
    bag: put(view.bag, card, bounds),
    pin: view.pin?.id === card.id ? card : view.pin,
  }),
  bag_remove: (view, { card }) => ({
    ...view,
    bag: view.bag.filter((other) => other.id !== card),
    pin: view.pin?.id === card ? null : view.pin,
  }),
} satisfies Reducers;

/** A known card changes in place; a new one comes first. */
function put(bag: Card[], card: Card, { bag_max = BAG_MAX }: Bounds): Card[] {
  if (bag.some((other) => other.id === card.id)) return bag.map((other) => (other.id === card.id ? card : other));
  return [card, ...bag].slice(0, bag_max);
}
