// A written answer, and the coupon that thanks for the question: percentages and the delivery fee, too.
import { describe, expect, it } from "vitest";
import { checkAnswer, emptyAnswerForm, type AnswerForm } from "./answer";

const NOW_MS = Date.parse("2027-01-15T04:00Z");
const check = (form: Partial<AnswerForm>) =>
  checkAnswer({ ...emptyAnswerForm(), ...form }, "A thank-you", NOW_MS, "Asia/Shanghai");

describe("an answer", () => {
  it("wants words, and thanks for nothing unless it is said", () => {
    expect(check({}).faults).toEqual({ answer: "required" });
    expect(check({ answer: " Yes. ", amount: "nonsense" }).body).toEqual({ answer: "Yes.", coupon: null });
  });

  it("may be given aloud where there is a coupon for it", () => {
    expect(check({ thanks: true, amount: "5" }).body).toMatchObject({
      answer: "",
      coupon: { title: "A thank-you", kind: "fixed", amount_minor: 500 },
    });
  });

  it("comes with a percentage, or with the delivery fee", () => {
    const percent = check({ answer: "Yes.", thanks: true, kind: "percent", percent: "10", cap: "20", minSpend: "50" });
    expect(percent.body?.coupon).toMatchObject({ basis_points: 1000, cap_minor: 2000, min_spend_minor: 5000 });
    expect(check({ thanks: true, kind: "delivery" }).body?.coupon).toMatchObject({ kind: "delivery", amount_minor: 0 });
  });

  it("says which term of the coupon is wrong", () => {
    expect(check({ thanks: true }).faults).toEqual({ amount: "required" });
    expect(check({ thanks: true, kind: "percent", percent: "0" }).faults).toEqual({ percent: "out_of_range" });
  });
});
