// What the button is at every moment: the buyer's own hold first, then where the sale stands, then what is left.
import { describe, expect, it } from "vitest";
import type { Hold, SaleCard } from "@shared/wire";
import {
  anotherOf,
  byUrgency,
  holdOf,
  inPlace,
  limitLeft,
  nextTurnTs,
  phaseOf,
  qtyMax,
  type Another,
  type BuyersSide,
  type Left,
  type SalePhase,
} from "./sale-moment";

const sale = (change: Partial<SaleCard> = {}): SaleCard => ({
  id: "s",
  price_minor: 2990,
  currency: "CNY",
  units: 100,
  per_person_max: 2,
  opens_ts: 1_000,
  closes_ts: 9_000,
  coupons: false,
  state: "scheduled",
  card: {
    id: "berries",
    no: null,
    title: "Blueberries",
    subtitle: null,
    image: null,
    price_minor: 3990,
    list_price_minor: null,
    currency: "CNY",
    unit: null,
  },
  ...change,
});
const hold = (change: Partial<Hold> = {}, qty = 1): Hold => ({
  id: "h",
  state: "held",
  lines: [{ sale: "s", qty }],
  expires_ts: 6_000,
  ...change,
});
const side = (change: Partial<BuyersSide> = {}): BuyersSide => ({
  holds: [],
  told: 0,
  pending: null,
  waiting: false,
  ...change,
});

describe("the button", () => {
  it.each<[SalePhase, Partial<SaleCard>, Partial<BuyersSide>, Left, number]>([
    ["soon", {}, {}, 100, 999],
    ["buy", {}, {}, 100, 1_000],
    ["buy", {}, {}, null, 8_999],
    ["over", {}, {}, 100, 9_000],
    ["soon", { opens_ts: null, closes_ts: null }, {}, 100, 5_000],
    ["buy", { opens_ts: null, closes_ts: null, state: "open" }, {}, 100, 5_000],
    ["buy", { state: "open" }, {}, 100, 999],
    ["over", { state: "closed" }, {}, 100, 5_000],
    ["gone", {}, {}, 0, 5_000],
    ["waiting", {}, { waiting: true }, 0, 5_000],
    ["waiting", {}, { waiting: true }, 3, 5_000],
    ["over", {}, { waiting: true }, 0, 9_000],
    ["asking", {}, { pending: "asking" }, 100, 5_000],
    ["still", {}, { pending: "still" }, 0, 9_000],
    ["joining", {}, { pending: "joining" }, 0, 5_000],
    ["pay", {}, { holds: [hold()] }, 0, 5_999],
    ["pay", {}, { holds: [hold()], pending: "asking" }, 5, 5_000],
    ["pay", {}, { holds: [hold()], pending: "still" }, 5, 5_000],
    ["gone", {}, { holds: [hold()] }, 0, 6_000],
    ["buy", {}, { holds: [hold()] }, 1, 6_000],
    ["pay", { state: "closed" }, { holds: [hold({ expires_ts: 20_000 })] }, 0, 10_000],
    ["pay", {}, { holds: [hold({ state: "closing" })] }, 0, 7_000],
    ["buy", {}, { holds: [hold({ state: "released" })] }, 1, 5_000],
    ["buy", {}, { holds: [hold({ state: "confirmed" }, 1)] }, 1, 5_000],
    ["limit", {}, { holds: [hold({ state: "confirmed" }, 2)] }, 1, 5_000],
    ["limit", {}, { told: 2 }, 1, 5_000],
    ["buy", {}, { holds: [hold({ lines: [{ sale: "another", qty: 2 }] })] }, 1, 5_000],
  ])("is %s of %j with %j and %s left at %i", (phase, change, buyer, left, nowTs) => {
    expect(phaseOf(sale(change), side(buyer), left, nowTs)).toBe(phase);
  });
});

describe("how many", () => {
  it("is what the limit leaves and what is there, and at least one", () => {
    expect(qtyMax(sale({ per_person_max: 5 }), side(), 3, 5_000)).toBe(3);
    expect(qtyMax(sale({ per_person_max: 5 }), side(), null, 5_000)).toBe(5);
    expect(qtyMax(sale({ per_person_max: 5 }), side({ holds: [hold({ state: "confirmed" }, 4)] }), 3, 5_000)).toBe(1);
    expect(qtyMax(sale(), side(), 0, 5_000)).toBe(1);
  });

  it("counts a hold once, whether a refusal told of it or not", () => {
    expect(limitLeft(sale({ per_person_max: 5 }), side({ holds: [hold({}, 2)], told: 2 }), 5_000)).toBe(3);
    expect(limitLeft(sale({ per_person_max: 5 }), side({ holds: [hold({ state: "expired" }, 2)] }), 5_000)).toBe(5);
  });
});

describe("another one", () => {
  it.each<[Another | null, Partial<SaleCard>, Partial<BuyersSide>, Left]>([
    ["offer", {}, { holds: [hold()] }, 1],
    ["offer", {}, { holds: [hold()] }, null],
    ["asking", {}, { holds: [hold()], pending: "asking" }, 1],
    ["still", {}, { holds: [hold()], pending: "still" }, 0],
    [null, {}, { holds: [hold()] }, 0],
    [null, {}, { holds: [hold({}, 2)] }, 1],
    [null, {}, { holds: [hold(), hold({ id: "i" })] }, 1],
    [null, { per_person_max: 1 }, { holds: [hold()] }, 1],
    [null, {}, { holds: [hold()], told: 2 }, 1],
    [null, { state: "closed" }, { holds: [hold()] }, 1],
    [null, {}, {}, 1],
    [null, {}, { pending: "asking" }, 1],
  ])("is %s of %j with %j and %s left", (another, change, buyer, left) => {
    expect(anotherOf(sale(change), side(buyer), left, 5_000)).toBe(another);
  });
});

describe("of several", () => {
  it("the hold that runs out first is the one to pay", () => {
    const holds = [
      hold({ id: "late", expires_ts: 8_000 }),
      hold({ id: "early", expires_ts: 6_000 }),
      hold({ id: "gone", expires_ts: 4_000 }),
    ];
    expect(holdOf(holds, "s", 5_000)?.id).toBe("early");
  });

  it("sales come by what can be done about them, then by when they open", () => {
    const phases: Record<string, SalePhase> = { a: "over", b: "soon", c: "soon", d: "buy", e: "pay", f: "gone" };
    const sales = Object.keys(phases).map((id) => sale({ id, opens_ts: id === "b" ? 3_000 : 2_000 }));
    expect(byUrgency(sales, ({ id }) => phases[id] as SalePhase).map(({ id }) => id)).toEqual([
      "e",
      "d",
      "f",
      "c",
      "b",
      "a",
    ]);
  });

  it("what somebody is busy with stays where it was, whatever comes and goes around it", () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => sale({ id })) as [SaleCard, SaleCard, SaleCard, SaleCard];
    const ids = (sales: SaleCard[], before: SaleCard[], ...busy: string[]): string =>
      inPlace(sales, before, (id) => busy.includes(id))
        .map(({ id }) => id)
        .join("");
    expect(ids([b, c, a], [a, b, c])).toBe("bca");
    expect(ids([b, c, a], [a, b, c], "a")).toBe("abc");
    expect(ids([d, b, c, a], [a, b, c], "a")).toBe("adbc");
    expect(ids([c, b, a], [a, b, c], "b", "a")).toBe("abc");
    expect(ids([c], [a, b, c], "c", "a")).toBe("c");
    expect(ids([a, b], [], "b")).toBe("ab");
  });

  it("the next turn is the nearest one to come", () => {
    expect(nextTurnTs([sale(), sale({ id: "t", opens_ts: 500, closes_ts: null })], [hold()], 700)).toBe(1_000);
    expect(nextTurnTs([sale()], [hold()], 1_000)).toBe(6_000);
    expect(nextTurnTs([sale({ state: "closed" })], [hold({ state: "closing" })], 1_000)).toBe(null);
  });
});
