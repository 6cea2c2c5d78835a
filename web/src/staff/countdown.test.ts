// A quiz counts down by the server's clock, waits for its result, then shows it.
import { describe, expect, it } from "vitest";
import type { QuizCard, QuizResult } from "@shared/wire";
import { quizMoment } from "./countdown";

const RESULT: QuizResult = {
  answers: 3,
  counts: [3],
  winners: [],
  winners_total: 0,
  correct_choice: 0,
  correct_value: null,
  edges: null,
};
const quiz = (change: Partial<QuizCard> = {}): QuizCard => ({
  id: "q",
  kind: "choice",
  question: "?",
  options: ["a", "b"],
  unit: null,
  min_value: null,
  max_value: null,
  step: null,
  opens_ts: 10_000,
  closes_ts: 40_000,
  status: "open",
  prize: null,
  result: null,
  ...change,
});

describe("quizMoment", () => {
  it("counts down in whole seconds", () => {
    expect(quizMoment(quiz(), 10_000)).toEqual({ phase: "open", leftS: 30, leftShare: 1 });
    expect(quizMoment(quiz(), 25_000)).toEqual({ phase: "open", leftS: 15, leftShare: 0.5 });
    expect(quizMoment(quiz(), 39_999).leftS).toBe(1);
  });

  it("never shows more than the whole time when clocks differ", () => {
    expect(quizMoment(quiz(), 9_000)).toEqual({ phase: "open", leftS: 30, leftShare: 1 });
  });

  it("waits for the result once time is over or it was closed", () => {
    expect(quizMoment(quiz(), 40_000).phase).toBe("deciding");
    expect(quizMoment(quiz({ status: "closed" }), 12_000).phase).toBe("deciding");
  });

  it("is decided with its result", () => {
    expect(quizMoment(quiz({ status: "closed", result: RESULT }), 12_000).phase).toBe("decided");
  });
});
