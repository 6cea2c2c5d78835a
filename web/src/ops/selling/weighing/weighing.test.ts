// What is typed on pairs of scales, what goes back for it, and whose turn it is.
import { expect, it } from "vitest";
import type { OrderToWeigh } from "@shared/api-types";
import { backFor, countOf, enteredOf, gramsOf, inTurn, isUnusual, keyOf, openUnits } from "./weighing";

const order = (id: string, grams: readonly (number | null)[], start: string | null = null): OrderToWeigh => ({
  id,
  number: `2026${id}`,
  state: "preparing",
  currency: "CNY",
  delivery: start ? { method: "door", area: null, point: null, name: "", address: "", start, until: start } : null,
  lines: [
    {
      line: `${id}-0`,
      product: "fish",
      title: "Fish",
      variant: "",
      image: null,
      grams: 1_000,
      units: grams.map((each, unit) => ({ unit, paid_minor: 1_280, grams: each, amount_minor: 0 })),
    },
  ],
});

it.each([
  ["965", 965],
  ["965 g", 965],
  ["９６５克", 965],
  ["0.965kg", 965],
  ["1,2 KG", 1_200],
  ["2公斤", 2_000],
  ["0", 0],
  ["", null],
  ["-5", null],
  ["9.5", null],
  ["1e3", null],
  ["1000001", null],
  ["abc", null],
])("%s is %s grams", (text, grams) => expect(gramsOf(text)).toBe(grams));

it.each([
  [1_280, 1_000, 965, 45],
  [1_280, 1_000, 1_200, 0],
  [1_280, 1_000, 1_000, 0],
  [1_280, 1_000, 0, 1_280],
  [999, 3, 2, 333],
  [1, 2, 1, 0], // half a fen is kept
])("of %s paid for %s g that weigh %s g %s goes back", (paid, charged, actual, back) =>
  expect(backFor(paid, charged, actual)).toBe(back),
);

it("a slip of the finger is unusual", () => {
  expect([96, 499, 500, 965, 1_500, 9_650].map((grams) => isUnusual(1_000, grams))).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
});

it("what is typed counts, what is weighed does not, and no weight is none of it", () => {
  const one = order("o1", [null, 950, null]);
  expect(openUnits(one).map(({ unit }) => unit.unit)).toEqual([0, 2]);
  expect(countOf(one)).toEqual({ done: 1, all: 3 });
  const typed = new Map([[keyOf("o1-0", 2), " 965 "]]);
  expect(enteredOf(one, typed)?.map(({ unit, grams, backMinor }) => [unit.unit, grams, backMinor])).toEqual([
    [2, 965, 45],
  ]);
  expect(enteredOf(one, new Map([[keyOf("o1-0", 1), "900"]]))).toEqual([]);
  expect(enteredOf(one, new Map([...typed, [keyOf("o1-0", 0), "much"]]))).toBeNull();
});

it("the earliest window first, then what has none to weigh any more", () => {
  const orders = [
    order("o1", [null], "2026-12-01T06:00:00Z"),
    order("o2", [900], "2026-11-30T06:00:00Z"),
    order("o3", [null], "2026-11-30T08:00:00Z"),
    order("o4", [null]),
    order("o5", []),
  ];
  const { open, done } = inTurn(orders);
  expect([open.map(({ id }) => id), done.map(({ id }) => id)]).toEqual([["o4", "o3", "o1"], ["o2"]]);
});
