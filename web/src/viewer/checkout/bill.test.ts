// The bar's total is the sum of the lines above it, and a price that changed is marked.
import { describe, expect, it } from "vitest";
import { billOf, goneSince, repriced, savedOf, totalOf } from "./bill";

const door = { method: "door", area: "a", point: null, name: "", address: "", start: null, until: null } as const;
const sums = { goods_minor: 6_930, discount_minor: 0, delivery_minor: 0, delivery_discount_minor: 0, delivery: null };

describe("the bill", () => {
  it("has the goods alone where nothing is delivered by rule and nothing is taken off", () => {
    expect(billOf(sums)).toEqual([{ what: "goods", minor: 6_930 }]);
  });

  it("says that delivery is free where there is a rule", () => {
    expect(billOf({ ...sums, delivery: door })).toEqual([
      { what: "goods", minor: 6_930 },
      { what: "delivery", minor: 0 },
    ]);
  });

  it("adds up to what is paid, and tells what was taken off", () => {
    const bill = billOf({
      goods_minor: 6_930,
      discount_minor: 1_000,
      delivery_minor: 600,
      delivery_discount_minor: 400,
      delivery: door,
    });
    expect(bill.map(({ what, minor }) => [what, minor])).toEqual([
      ["goods", 6_930],
      ["discount", -1_000],
      ["delivery", 600],
      ["deliveryDiscount", -400],
    ]);
    expect([totalOf(bill), savedOf(bill)]).toEqual([6_130, 1_400]);
  });
});

describe("a price that is not what was shown", () => {
  const line = { product: "honey", sale: "s1", is_gift: false, unit_price_minor: 990 };

  it("is marked, more or less", () => {
    expect([...repriced([line], [{ ...line, unit_price_minor: 1_090 }])]).toEqual(["honey/s1/"]);
    expect([...repriced([line], [{ ...line, unit_price_minor: 890 }])]).toEqual(["honey/s1/"]);
  });

  it("is of that line alone: the same product out of the cart, or as a gift, is another", () => {
    const [gift, cart] = [
      { ...line, sale: null, is_gift: true, unit_price_minor: 0 },
      { ...line, sale: null, unit_price_minor: 1_290 },
    ];
    expect([...repriced([line, gift, cart], [line, gift, { ...cart, unit_price_minor: 1_390 }])]).toEqual(["honey//"]);
    expect([...repriced([line], [line, cart])]).toEqual([]);
  });
});

it("tells a gift that has gone since from one that was gone before, and from one that is back", () => {
  const [dill, mint] = [{ product: "dill" }, { product: "mint" }];
  expect([goneSince([], []), goneSince([dill], [dill]), goneSince([dill], [])]).toEqual([false, false, false]);
  expect([goneSince([], [dill]), goneSince([dill], [dill, mint])]).toEqual([true, true]);
});
