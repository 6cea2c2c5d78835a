import { describe, expect, it } from "vitest";
import type { Case, RefundsOfOrder } from "@shared/api-types";
import { beginDecision, checkDecision as check, type DecisionForm, type GiftTerms } from "./decision-form";

const one = { kind: "refund", reason: "spoiled", lines: [{ line: "a", units: [0, 1] }] } as unknown as Case;
const of: RefundsOfOrder = {
  items: [],
  currency: "CNY",
  paid_minor: 3_000,
  refunded_minor: 1_000,
  left_minor: 2_000,
  units: [
    { line: "a", unit: 1, amount_minor: 1_000 },
    { line: "b", unit: 0, amount_minor: 1_000 },
  ],
  delivery_left_minor: 0,
  alone_left_minor: 20_000,
};

const terms: GiftTerms = {
  currency: "CNY",
  titleOf: (amount, minSpend) => `${amount} off ${minSpend}`,
  nowMs: Date.UTC(2026, 10, 11, 4),
  zone: "Asia/Shanghai",
};
const checkDecision = (form: DecisionForm, at: RefundsOfOrder | null) => check(form, at, terms);

describe("the decision of a case", () => {
  it("begins with what the buyer wants and those of their units that have not gone back", () => {
    expect(beginDecision(one, of)).toMatchObject({ decision: "refund", units: ["a:1"], atFault: false });
    expect(beginDecision({ ...one, kind: "replacement" }, of).decision).toBe("replace");
    expect(beginDecision({ ...one, reason: "undelivered" }, of).atFault).toBe(true);
  });

  it("sends the units of a refund, and of nothing else", () => {
    const form = beginDecision(one, of);
    expect(checkDecision(form, of).body).toEqual({
      decision: "refund",
      note: "",
      lines: [{ line: "a", units: [1] }],
      restock: null,
      at_fault: false,
    });
    expect(checkDecision({ ...form, decision: "replace" }, of).body).toMatchObject({ lines: [], at_fault: null });
  });

  it("sends the coupon that a gift is, in the currency of the order", () => {
    const form: DecisionForm = { ...beginDecision(one, of), decision: "gift", giftAmount: "8", giftMinSpend: "20.5" };
    expect(checkDecision({ ...form, giftUntil: "2026-11-11" }, of).body).toMatchObject({
      decision: "gift",
      lines: [],
      coupon: {
        title: "800 off 2050",
        kind: "fixed",
        amount_minor: 800,
        currency: "CNY",
        min_spend_minor: 2_050,
        usable_until: "2026-11-11",
      },
    });
    const inYen = check(form, of, { ...terms, currency: "JPY" });
    expect(inYen.faults).toEqual({ giftMinSpend: "not_money" });
    expect(check({ ...form, giftMinSpend: "" }, of, { ...terms, currency: "JPY" }).body?.coupon).toMatchObject({
      amount_minor: 8,
      currency: "JPY",
      usable_until: null,
    });
  });

  it("gives no coupon of nothing, of more than its spend, or that is over", () => {
    const form: DecisionForm = { ...beginDecision(one, of), decision: "gift" };
    const faults = (more: Partial<DecisionForm>) => checkDecision({ ...form, ...more }, of).faults;
    expect(faults({})).toEqual({ giftAmount: "required" });
    expect(faults({ giftAmount: "0" })).toEqual({ giftAmount: "out_of_range" });
    expect(faults({ giftAmount: "x", giftMinSpend: "y" })).toEqual({
      giftAmount: "not_money",
      giftMinSpend: "not_money",
    });
    expect(faults({ giftAmount: "8", giftMinSpend: "5" })).toEqual({ giftMinSpend: "order" });
    expect(faults({ giftAmount: "8", giftUntil: "2026-11-10" })).toEqual({ giftUntil: "past" });
  });

  it("wants units for money, and words for a no", () => {
    const form = beginDecision(one, of);
    expect(checkDecision({ ...form, units: [] }, of).faults).toEqual({ units: "required" });
    expect(checkDecision({ ...form, decision: "reject" }, of).faults).toEqual({ note: "required" });
    expect(checkDecision({ ...form, decision: "reject", note: "fine" }, of).body?.note).toBe("fine");
  });
});
