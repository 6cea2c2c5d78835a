// What a buyer is shown of an order, for every state.
import { describe, expect, it } from "vitest";
import type { OrderLine, OrderSummary } from "@shared/api-types";
import {
  actsOf,
  amountOf,
  amountWord,
  countOf,
  couponIsBack,
  endingOf,
  hasUnitsLeft,
  isAbout,
  maskedPhone,
  momentOf,
  refundStateOf,
  sharesOf,
  spacedNumber,
  statesOf,
  TABS,
  unitsOf,
} from "./orders";

const line = (more: Partial<OrderLine> = {}): OrderLine =>
  ({ id: "l", qty: 2, refunded_units: [], replaced_units: [], is_gift: false, ...more }) as OrderLine;
const order = (more: Partial<OrderSummary>): OrderSummary =>
  ({ coupon: null, delivery_coupon: null, cancel_reason: null, ...more }) as OrderSummary;

describe("tabs", () => {
  const counts = { unpaid: 1, paid: 2, preparing: 3, dispatched: 4, delivered: 5 };

  it.each([
    ["all", null, 0],
    ["unpaid", "unpaid", 1],
    ["packing", "paid,preparing", 5],
    ["coming", "dispatched,delivered", 9],
  ] as const)("%s asks for %s and counts %d", (tab, states, count) => {
    expect(statesOf(tab)).toBe(states);
    expect(countOf(tab, counts)).toBe(count);
  });

  it("count nothing of cases, nor where nothing waits", () => {
    expect(TABS.map((tab) => countOf(tab, {}))).toEqual([0, 0, 0, 0, 0]);
    expect(countOf("after", counts)).toBe(0);
  });
});

describe("what can be done", () => {
  it.each([
    ["unpaid", ["cancel", "pay"]],
    ["closing", []],
    ["paid", ["again", "refund"]],
    ["preparing", ["again", "refund"]],
    ["dispatched", ["again", "after"]],
    ["delivered", ["after", "again"]],
    ["done", ["after", "again"]],
    ["cancelled", ["again"]],
  ] as const)("with one that is %s is %j", (moment, acts) => {
    expect(actsOf(moment, { total_minor: 100, replaces: null })).toEqual(acts);
  });

  it("cancels what cost nothing while nobody packs it, unless it is a replacement", () => {
    expect(actsOf("paid", { total_minor: 0, replaces: null })).toEqual(["again", "cancel"]);
    expect(actsOf("preparing", { total_minor: 0, replaces: null })).toEqual(["again", "refund"]);
    expect(actsOf("paid", { total_minor: 0, replaces: "o" })).toEqual(["again", "refund"]);
  });

  it("ends for an unpaid one with its time", () => {
    expect(momentOf({ state: "unpaid", closes_ts: 1_000 }, 999)).toBe("unpaid");
    expect(momentOf({ state: "unpaid", closes_ts: 1_000 }, 1_000)).toBe("closing");
    expect(momentOf({ state: "paid", closes_ts: 1_000 }, 2_000)).toBe("paid");
  });

  it("asks nothing back of what is all paid back, or cost nothing", () => {
    expect(hasUnitsLeft([line()])).toBe(true);
    expect(hasUnitsLeft([line({ refunded_units: [0] })])).toBe(true);
    expect(hasUnitsLeft([line({ refunded_units: [0, 1] }), line({ is_gift: true })])).toBe(false);
    expect(hasUnitsLeft([line({ refunded_units: [0], replaced_units: [1] })])).toBe(false);
  });
});

describe("the end of an order", () => {
  it("is told with its reason, and with the coupon that is back", () => {
    const timedOut = order({ state: "cancelled", cancel_reason: "timeout", coupon: "c" });
    expect([endingOf(timedOut), couponIsBack(timedOut)]).toEqual(["timeout", true]);
    expect(couponIsBack({ ...timedOut, coupon: null, delivery_coupon: "d" })).toBe(true);
    expect(couponIsBack({ ...timedOut, coupon: null })).toBe(false);
  });

  it("is none of an order that was paid late after all, and unknown of a reason of a later version", () => {
    expect(endingOf(order({ state: "paid", cancel_reason: "timeout" }))).toBeNull();
    expect(couponIsBack(order({ state: "paid", coupon: "c" }))).toBe(false);
    expect(endingOf(order({ state: "cancelled", cancel_reason: "meteor" }))).toBeNull();
  });
});

it("shows what is asked for until it is paid, and then what was", () => {
  expect(amountOf(order({ paid_at: null, paid_minor: 0, total_minor: 5_930 }))).toBe(5_930);
  expect(amountOf(order({ paid_at: "2026-11-30T08:00:00Z", paid_minor: 0, total_minor: 5_930 }))).toBe(0);
});

it("calls it by what became of it", () => {
  expect(amountWord(order({ paid_at: null, state: "unpaid" }))).toBe("toPay");
  expect(amountWord(order({ paid_at: null, state: "cancelled" }))).toBe("unpaidSum");
  expect(amountWord(order({ paid_at: "2026-11-30T08:00:00Z", state: "cancelled" }))).toBe("paid");
});

it("counts units of all lines", () => {
  expect(unitsOf([line({ qty: 2 }), line({ qty: 1 })])).toBe(3);
});

it("says once what all units cost, else how many cost what", () => {
  expect(sharesOf([1_000, 1_000])).toEqual([[2, 1_000]]);
  expect(sharesOf([666, 667, 667])).toEqual([
    [1, 666],
    [2, 667],
  ]);
});

it("writes numbers in fours", () => {
  expect(spacedNumber("407188239150")).toBe("4071 8823 9150");
  expect(spacedNumber("")).toBe("");
});

it.each([
  ["+8613800138000", "138****8000"],
  ["+12025550123", "+120****0123"],
  ["+4930", "***30"],
])("masks %s as %s", (phone, masked) => {
  expect(maskedPhone(phone)).toBe(masked);
});

it.each([
  ["approval", false, "waiting"],
  ["processing", false, "sending"],
  ["paid", false, "sent"],
  ["failed", false, "stuck"],
  ["failed", true, "rejected"],
] as const)("tells of a refund that is %s (rejected: %s) as %s", (state, is_rejected, told) => {
  expect(refundStateOf({ state, is_rejected })).toBe(told);
});

it("knows which order a message is about", () => {
  expect(isAbout("/orders/7", "7")).toBe(true);
  expect(isAbout("/orders/77", "7")).toBe(false);
  expect(isAbout(null, "7")).toBe(false);
});
