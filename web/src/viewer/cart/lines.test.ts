// What can be in a cart, and how a guest's becomes part of one's own.
import { describe, expect, it } from "vitest";
import { isBuyable, isFull, isLine, lineOf, qtyMax, sumsOf, together, withMore, withQty, type Line } from "./lines";

const line = (product: string, qty: number, more: Partial<Line> = {}): Line => ({
  product,
  qty,
  title: product,
  image: null,
  unit: "box",
  price_minor: 1_000,
  currency: "CNY",
  is_weighed: false,
  is_on_sale: true,
  left: null,
  qty_max: null,
  ...more,
});
const told = (lines: readonly Line[]): [string, number][] => lines.map(({ product, qty }) => [product, qty]);

describe("putting something in", () => {
  it("counts a product together, where it stood", () => {
    expect(told(withMore([line("a", 1), line("b", 2)], line("b", 3)))).toEqual([
      ["a", 1],
      ["b", 5],
    ]);
    expect(told(withMore([line("a", 1)], line("b", 1)))).toEqual([
      ["b", 1],
      ["a", 1],
    ]);
  });

  it("keeps to what an order takes", () => {
    expect(told(withMore([line("a", 999)], line("a", 9)))).toEqual([["a", 1_000]]);
    expect(told(withQty([line("a", 5)], "a", 0))).toEqual([["a", 1]]);
    expect(told(withQty([line("a", 5)], "a", 7_000))).toEqual([["a", 1_000]]);
    const few = [line("a", 4, { qty_max: 5 })];
    expect(told(withMore(few, line("a", 9)))).toEqual([["a", 5]]);
    expect(told(withQty(few, "a", 7))).toEqual([["a", 5]]);
    const full = Array.from({ length: 100 }, (_, at) => line(`p${at}`, 1));
    expect([isFull(full, "new"), isFull(full, "p7"), isFull(full.slice(1), "new")]).toEqual([true, false, false]);
    expect(withMore(full, line("new", 1))).toHaveLength(101); // for the server to refuse: nothing is dropped in silence
  });

  it("takes no card without a price", () => {
    const card = { id: "a", no: 1, title: "A", subtitle: null, image: null, list_price_minor: null, unit: null };
    expect(lineOf({ ...card, price_minor: null, currency: null }, 1)).toBeNull();
    expect(lineOf({ ...card, price_minor: 500, currency: "CNY" }, 2)).toMatchObject({ product: "a", qty: 2, unit: "" });
  });
});

describe("two carts that become one", () => {
  it("have each product once, the larger number of it, and the same when it is done twice", () => {
    const [own, guests] = [
      [line("a", 1), line("b", 4)],
      [line("b", 2), line("a", 3), line("c", 1)],
    ];
    const { lines: once, waiting } = together(own, guests, 9);
    expect(waiting).toEqual([]);
    expect(told(once)).toEqual([
      ["a", 3],
      ["b", 4],
      ["c", 1],
    ]);
    expect(told(together(once, guests, 9).lines)).toEqual(told(once));
  });

  it("leave waiting what there is no room for, and lose nothing", () => {
    const [own, guests] = [
      [line("a", 1), line("b", 4)],
      [line("c", 1), line("a", 3), line("d", 2)],
    ];
    const { lines, waiting } = together(own, guests, 3);
    expect([told(lines), told(waiting)]).toEqual([
      [
        ["a", 3],
        ["b", 4],
        ["c", 1],
      ],
      [["d", 2]],
    ]);
    // A cart of before the limit was lowered keeps what it has.
    expect(told(together(own, guests, 1).waiting)).toEqual([
      ["c", 1],
      ["d", 2],
    ]);
  });
});

describe("what can be bought", () => {
  it("is on sale, with units left as far as anybody knows", () => {
    expect([line("a", 1), line("a", 1, { left: 3 }), line("a", 1, { left: 0 })].map(isBuyable)).toEqual([
      true,
      true,
      false,
    ]);
    expect(isBuyable(line("a", 1, { is_on_sale: false }))).toBe(false);
  });

  it("is as many as there are, and one to show where there are none", () => {
    expect([line("a", 1), line("a", 1, { left: 3 }), line("a", 1, { left: 0 })].map(qtyMax)).toEqual([1_000, 3, 1]);
    const bounded = [
      line("a", 1, { qty_max: 5 }),
      line("a", 1, { qty_max: 5, left: 3 }),
      line("a", 1, { qty_max: 5, left: 9 }),
    ];
    expect(bounded.map(qtyMax)).toEqual([5, 3, 5]);
    // What a browser has kept since before there was a bound.
    expect(qtyMax({ ...line("a", 1), qty_max: undefined as unknown as null })).toBe(1_000);
  });

  it("is summed by currency, without what cannot be had", () => {
    expect(
      sumsOf([
        line("a", 2),
        line("b", 5, { left: 3 }),
        line("c", 9, { left: 0 }),
        line("d", 1, { currency: "EUR", price_minor: 700 }),
      ]),
    ).toEqual([
      { currency: "CNY", minor: 5_000, units: 5 },
      { currency: "EUR", minor: 700, units: 1 },
    ]);
  });
});

it("knows a line from whatever else a browser may have kept", () => {
  expect(
    [line("a", 1), { product: "a" }, null, { ...line("a", 1), qty: 0 }, { ...line("a", 1), qty: "2" }].map(isLine),
  ).toEqual([true, false, false, false, false]);
});
