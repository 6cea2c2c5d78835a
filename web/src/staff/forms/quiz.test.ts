// A quiz form becomes exactly the request the server takes, or says which field is wrong and how.
import { describe, expect, it } from "vitest";
import { emptyTerms, type TermsForm } from "./coupon";
import { checkQuiz, emptyQuizForm, type QuizForm, isWrongOption } from "./quiz";

const NOW_MS = Date.parse("2027-01-15T04:00Z");
const check = (form: QuizForm) => checkQuiz(form, "A prize", NOW_MS, "Asia/Shanghai");

const choice = (change: Partial<QuizForm> = {}): QuizForm => ({
  ...emptyQuizForm("choice"),
  question: " Which month? ",
  options: ["May", "June", "", ""],
  correctChoice: 1,
  ...change,
});

const number = (change: Partial<QuizForm> = {}): QuizForm => ({
  ...emptyQuizForm("number"),
  question: "How sweet?",
  correctValue: "14,2",
  unit: "°Bx",
  min: "8",
  max: "20",
  step: "0.1",
  ...change,
});

describe("a choice quiz", () => {
  it("becomes a request without the empty options at the end", () => {
    expect(check(choice())).toEqual({
      faults: null,
      body: {
        kind: "choice",
        question: "Which month?",
        options: ["May", "June"],
        correct_choice: 1,
        duration_s: 30,
        winners_max: 10,
        prize: null,
      },
    });
  });

  it.each<[Partial<QuizForm>, object]>([
    [{ question: "  " }, { question: "required" }],
    [{ question: "x".repeat(301) }, { question: "too_long" }],
    [{ options: ["May", ""] }, { options: "too_few", correctChoice: "required" }],
    [{ options: ["May", "", "June"] }, { options: "required" }],
    [{ options: ["May", "May "] }, { options: "twice" }],
    [{ options: ["May", "x".repeat(121)] }, { options: "too_long" }],
    [{ options: Array.from({ length: 9 }, (_, n) => `${n}`) }, { options: "out_of_range" }],
    [{ correctChoice: null }, { correctChoice: "required" }],
    [{ correctChoice: 2 }, { correctChoice: "required" }],
    [{ durationS: 2 }, { durationS: "out_of_range" }],
    [{ winnersMax: 1001 }, { winnersMax: "out_of_range" }],
  ])("with %j is refused", (change, faults) => {
    expect(check(choice(change))).toEqual({ body: null, faults });
  });

  it("counts characters as the server does", () => {
    expect(check(choice({ question: "𠮷".repeat(300) })).faults).toBeNull();
  });
});

describe("a number quiz", () => {
  it("becomes a request with numbers, and leaves out what is empty", () => {
    expect(check(number({ step: "", unit: " " })).body).toEqual({
      kind: "number",
      question: "How sweet?",
      correct_value: 14.2,
      unit: null,
      min_value: 8,
      max_value: 20,
      step: null,
      duration_s: 30,
      winners_max: 10,
      prize: null,
    });
  });

  it.each<[Partial<QuizForm>, object]>([
    [{ correctValue: "" }, { correctValue: "required" }],
    [{ correctValue: "sweet" }, { correctValue: "not_a_number" }],
    [{ correctValue: "21" }, { correctValue: "out_of_range" }],
    [{ min: "20" }, { max: "order" }],
    [{ min: "low" }, { min: "not_a_number" }],
    [{ step: "0" }, { step: "out_of_range" }],
    [{ unit: "x".repeat(21) }, { unit: "too_long" }],
    [{ max: "2000000000" }, { max: "out_of_range" }],
  ])("with %j is refused", (change, faults) => {
    expect(check(number(change))).toEqual({ body: null, faults });
  });
});

describe("a prize", () => {
  const prized = (terms: Partial<TermsForm>) => choice({ prize: true, terms: { ...emptyTerms(), ...terms } });

  it("is in minor units", () => {
    expect(check(prized({ title: "Off", amount: "20.5", minSpend: "99" })).body?.prize).toMatchObject({
      title: "Off",
      kind: "fixed",
      amount_minor: 2050,
      currency: "CNY",
      min_spend_minor: 9900,
    });
  });

  it("may be a percentage with a cap, or the delivery fee, and has a name in any case", () => {
    expect(check(prized({ kind: "percent", percent: "12.5", cap: "30" })).body?.prize).toMatchObject({
      title: "A prize",
      kind: "percent",
      amount_minor: 0,
      basis_points: 1250,
      cap_minor: 3000,
    });
    expect(check(prized({ kind: "delivery" })).body?.prize).toMatchObject({ kind: "delivery", amount_minor: 0 });
  });

  it("is left out unless it is wanted", () => {
    expect(check(choice({ terms: { ...emptyTerms(), amount: "nonsense" } })).body?.prize).toBeNull();
  });

  it.each<[Partial<TermsForm>, object]>([
    [{ amount: "" }, { amount: "required" }],
    [{ amount: "1.234" }, { amount: "not_money" }],
    [{ amount: "0" }, { amount: "out_of_range" }],
    [{ minSpend: "-1" }, { minSpend: "not_money" }],
    [{ kind: "percent", percent: "101" }, { percent: "out_of_range" }],
    [{ usableUntil: "2020-01-01" }, { usableUntil: "past" }],
  ])("with %j is refused", (change, faults) => {
    expect(check(prized({ amount: "20", ...change }))).toEqual({ body: null, faults });
  });
});

it.each([
  [undefined, [false, false, false]],
  ["too_few", [false, true, false]],
  ["required", [false, true, false]],
  ["twice", [false, false, true]],
  ["refused", [true, true, true]],
] as const)("of options that are %s those to begin with are known", (fault, wrong) => {
  expect([0, 1, 2].map((index) => isWrongOption(["a", " ", " a"], index, fault))).toEqual(wrong);
});
