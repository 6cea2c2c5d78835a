/**
 * Where a sale stands for one buyer at one moment of the server's clock. Pure.
 *
 *     soon --opens_ts or sale_open--> buy --tap--> asking --answer--> pay --its time is over, or given back--> buy
 *                                      |               \--no answer in time--> still --the same question again--> ...
 *                                      +--nothing left--> gone --wait--> waiting --somebody's units come free--> pay
 *
 * A hold comes before all that the sale itself may be by now: its units are the buyer's even when the sale is over. Who may
 * have more is asked beside it (Another), so that the way to pay stays.
 */
import { standing } from "@shared/sale";
import type { Hold, SaleCard } from "@shared/wire";

/** What the button is: see `viewer.sale.button`. */
export type SalePhase = "asking" | "still" | "joining" | "pay" | "over" | "soon" | "limit" | "waiting" | "gone" | "buy";

/** One more, for who holds some already: there for the asking, or asked for. See `viewer.sale.another`. */
export type Another = "offer" | "asking" | "still";

/** A question that is not answered yet: for units, for so long that one should be told, or for a place in line. */
export type Pending = "asking" | "still" | "joining" | null;

export interface BuyersSide {
  holds: readonly Hold[];
  /** Units that a person has of the sale, as far as a refusal has told; what they hold counts by itself. */
  told: number;
  pending: Pending;
  waiting: boolean;
}

/** What is left as the room was told; null while nobody has said. */
export type Left = number | null;

/** Units are the buyer's while this says so. One that is being paid does not run out. */
export function isLive(hold: Hold, nowTs: number): boolean {
  return hold.state === "closing" || (hold.state === "held" && nowTs < hold.expires_ts);
}

export function qtyOf(hold: Hold, sale: string): number {
  return hold.lines.reduce((sum, line) => sum + (line.sale === sale ? line.qty : 0), 0);
}

/** The live hold of a sale that runs out first. */
export function holdOf(holds: readonly Hold[], sale: string, nowTs: number): Hold | null {
  const live = holds.filter((hold) => isLive(hold, nowTs) && qtyOf(hold, sale) > 0);
  return live.reduce<Hold | null>((first, hold) => (first && first.expires_ts <= hold.expires_ts ? first : hold), null);
}

/** How many more of a sale this buyer may have. */
export function limitLeft(sale: SaleCard, { holds, told }: BuyersSide, nowTs: number): number {
  const counted = holds.filter((hold) => hold.state === "confirmed" || isLive(hold, nowTs));
  const has = Math.max(
    told,
    counted.reduce((sum, hold) => sum + qtyOf(hold, sale.id), 0),
  );
  return Math.max(0, sale.per_person_max - has);
}

/** How many can be asked for at once: at least one, so that there is something to ask for. */
export function qtyMax(sale: SaleCard, side: BuyersSide, left: Left, nowTs: number): number {
  return Math.max(1, Math.min(limitLeft(sale, side, nowTs), left ?? Number.MAX_SAFE_INTEGER));
}

export function phaseOf(sale: SaleCard, side: BuyersSide, left: Left, nowTs: number): SalePhase {
  const isHeld = holdOf(side.holds, sale.id, nowTs) !== null;
  if (side.pending && (!isHeld || side.pending === "joining")) return side.pending;
  if (isHeld) return "pay";
  const stands = standing(sale, nowTs);
  if (stands !== "open") return stands;
  if (limitLeft(sale, side, nowTs) === 0) return "limit";
  if (side.waiting) return "waiting";
  return left === 0 ? "gone" : "buy";
}

/** Whether who holds some can have one more; null: no. */
export function anotherOf(sale: SaleCard, side: BuyersSide, left: Left, nowTs: number): Another | null {
  if (phaseOf(sale, side, left, nowTs) !== "pay") return null;
  if (side.pending === "asking" || side.pending === "still") return side.pending;
  return standing(sale, nowTs) === "open" && left !== 0 && limitLeft(sale, side, nowTs) > 0 ? "offer" : null;
}

/** When something changes by itself next, of all that is shown; null: nothing does. */
export function nextTurnTs(sales: readonly SaleCard[], holds: readonly Hold[], nowTs: number): number | null {
  const turns = [
    ...sales.flatMap(({ state, opens_ts, closes_ts }) => (state === "closed" ? [] : [opens_ts, closes_ts])),
    ...holds.filter((hold) => hold.state === "held").map((hold) => hold.expires_ts),
  ].filter((ts): ts is number => ts !== null && ts > nowTs);
  return turns.length > 0 ? Math.min(...turns) : null;
}

/** Which come first when there is room for few: what one has to pay, what can be had, what comes next, what is over. */
export function byUrgency(sales: readonly SaleCard[], phase: (sale: SaleCard) => SalePhase): SaleCard[] {
  const rank: Record<SalePhase, number> = {
    asking: 0,
    still: 0,
    joining: 0,
    pay: 1,
    buy: 2,
    waiting: 3,
    limit: 4,
    gone: 5,
    soon: 6,
    over: 7,
  };
  const opens = (sale: SaleCard): number => (phase(sale) === "soon" ? (sale.opens_ts ?? Number.MAX_SAFE_INTEGER) : 0);
  // Stable: of equal ones the latest stays first.
  return [...sales].sort((a, b) => rank[phase(a)] - rank[phase(b)] || opens(a) - opens(b));
}

/** In that order, but what somebody is busy with stays where it was, so that it does not go from under their eyes or finger. */
export function inPlace(
  sales: readonly SaleCard[],
  before: readonly SaleCard[],
  stays: (sale: string) => boolean,
): SaleCard[] {
  const kept = before.flatMap(({ id }, at) => {
    const sale = stays(id) ? sales.find((other) => other.id === id) : undefined;
    return sale ? [{ sale, at }] : [];
  });
  const order = sales.filter((sale) => !kept.some((one) => one.sale === sale));
  for (const { sale, at } of kept) order.splice(at, 0, sale);
  return order;
}
