import { describe, expect, it } from "vitest";
import type { Case, RefundsOfOrder } from "@shared/api-types";
import { beginDecision, checkDecision as checkAt, type DecisionForm } from "./decision-form";

const NOW_MS = Date.parse("2027-01-15T04:00Z");
const checkDecision = (form: DecisionForm, left: RefundsOfOrder) =>
  checkAt(form, left, "A gift", NOW_MS, "Asia/Shanghai");

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
  charged_back_minor: 0,
};

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
      coupon: null,
      slot: null,
    });
    expect(checkDecision({ ...form, window: "w1" }, of).body?.slot).toBeNull();
    expect(checkDecision({ ...form, decision: "replace", window: "w1" }, of).body?.slot).toBe("w1");
    expect(checkDecision({ ...form, decision: "replace" }, of).body).toMatchObject({ lines: [], at_fault: null });
  });

  it("gives a coupon, whose worth has a bound", () => {
    const form: DecisionForm = { ...beginDecision(one, of), decision: "gift" };
    expect(checkDecision(form, of).faults).toEqual({ amount: "required" });
    const fixed = checkDecision({ ...form, coupon: { ...form.coupon, amount: "8.50" } }, of);
    expect(fixed.body).toMatchObject({
      decision: "gift",
      lines: [],
      coupon: { title: "A gift", kind: "fixed", amount_minor: 850, currency: "CNY" },
    });
    const percent = { ...form.coupon, kind: "percent" as const, percent: "10" };
    expect(checkDecision({ ...form, coupon: percent }, of).faults).toEqual({ cap: "required" });
    expect(checkDecision({ ...form, coupon: { ...percent, cap: "20" } }, of).body?.coupon?.cap_minor).toBe(2_000);
  });

  it("wants units for money, and words for a no", () => {
    const form = beginDecision(one, of);
    expect(checkDecision({ ...form, units: [] }, of).faults).toEqual({ units: "required" });
    expect(checkDecision({ ...form, decision: "reject" }, of).faults).toEqual({ note: "required" });
    expect(checkDecision({ ...form, decision: "reject", note: "fine" }, of).body?.note).toBe("fine");
  });
});
