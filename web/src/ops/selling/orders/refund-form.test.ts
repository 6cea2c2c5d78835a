import { describe, expect, it } from "vitest";
import type { Refund, RefundsOfOrder } from "@shared/api-types";
import { checkRefund, comesTo, emptyRefundForm, linesOf } from "./refund-form";

const left: RefundsOfOrder = {
  items: [],
  currency: "CNY",
  paid_minor: 2_500,
  refunded_minor: 0,
  left_minor: 2_500,
  units: [
    { line: "o1:0", unit: 0, amount_minor: 666 },
    { line: "o1:0", unit: 1, amount_minor: 667 },
    { line: "o1:1", unit: 0, amount_minor: 667 },
  ],
  delivery_left_minor: 500,
  alone_left_minor: 1_500,
  charged_back_minor: 0,
};
const all = ["o1:0:0", "o1:0:1", "o1:1:0"];

describe("what a refund comes to", () => {
  it("is the sum of what is left of its units", () => {
    expect(comesTo({ units: ["o1:0:1", "o1:1:0"], atFault: false }, left)).toEqual({
      goodsMinor: 1_334,
      deliveryMinor: 0,
      totalMinor: 1_334,
      wantsSecond: false,
    });
  });

  it("has the fee with the last unit, and when we are at fault, and never alone", () => {
    expect(comesTo({ units: all, atFault: false }, left).deliveryMinor).toBe(500);
    expect(comesTo({ units: ["o1:0:0"], atFault: true }, left).totalMinor).toBe(1_166);
    expect(comesTo({ units: [], atFault: true }, left).totalMinor).toBe(0);
  });

  it("has no fee while a second person may still keep some of the order", () => {
    const waiting = { state: "approval", lines: [{ line: "o1:2", units: [0], amount_minor: 1 }] } as unknown as Refund;
    expect(comesTo({ units: all, atFault: false }, { ...left, items: [waiting] }).deliveryMinor).toBe(0);
  });

  it("wants a second person above what one may pay back alone, and not at it", () => {
    expect(comesTo({ units: all, atFault: false }, { ...left, alone_left_minor: 2_500 }).wantsSecond).toBe(false);
    expect(comesTo({ units: all, atFault: false }, { ...left, alone_left_minor: 2_499 }).wantsSecond).toBe(true);
    expect(comesTo({ units: all, atFault: false }, { ...left, alone_left_minor: null }).wantsSecond).toBe(true);
  });

  it("leaves out a unit that somebody else has paid back meanwhile", () => {
    expect(comesTo({ units: ["o1:0:7"], atFault: false }, left).totalMinor).toBe(0);
  });
});

describe("the form of a refund", () => {
  it("names units by line and index, in order", () => {
    expect(linesOf(["a:2", "b:0", "a:0"])).toEqual([
      { line: "a", units: [0, 2] },
      { line: "b", units: [0] },
    ]);
  });

  it("wants units and a reason", () => {
    expect(checkRefund(emptyRefundForm(), left).faults).toEqual({ units: "required", reason: "required" });
    const filled = { ...emptyRefundForm(), units: ["o1:0:0"], reason: " bruised " };
    expect(checkRefund(filled, left).body).toEqual({
      lines: [{ line: "o1:0", units: [0] }],
      reason: "bruised",
      restock: null,
      at_fault: false,
    });
  });
});
