// Bars of a result: lengths to the longest, shares of all, and the right one marked.
import { describe, expect, it } from "vitest";
import type { QuizCard, QuizResult } from "@shared/wire";
import { bars } from "./quiz-bars";

const quiz = (options: string[] | null): QuizCard => ({ options, unit: "°Bx" }) as QuizCard;
const result = (change: Partial<QuizResult>): QuizResult => ({
  answers: 0,
  counts: [],
  winners: [],
  winners_total: 0,
  correct_choice: null,
  correct_value: null,
  edges: null,
  ...change,
});

describe("bars", () => {
  it("are one per option", () => {
    expect(bars(quiz(["May", "June"]), result({ answers: 4, counts: [1, 3], correct_choice: 1 }), "en")).toEqual([
      { label: "May", count: 1, share: 0.25, length: 1 / 3, right: false },
      { label: "June", count: 3, share: 0.75, length: 1, right: true },
    ]);
  });

  it("are one per bucket, and a value on an edge lies in the upper one", () => {
    const numbers = bars(
      quiz(null),
      result({ answers: 2, counts: [1, 1, 0], edges: [8, 10.5, 13, 15.5], correct_value: 10.5 }),
      "en",
    );
    expect(numbers.map(({ label, right }) => [label, right])).toEqual([
      ["8–10.5", false],
      ["10.5–13", true],
      ["13–15.5", false],
    ]);
  });

  it("count the last edge to the last bucket, and a value outside to none", () => {
    const at = (value: number): boolean[] =>
      bars(quiz(null), result({ answers: 1, counts: [1, 0], edges: [0, 1, 2], correct_value: value }), "en").map(
        ({ right }) => right,
      );
    expect(at(2)).toEqual([false, true]);
    expect(at(3)).toEqual([false, false]);
  });

  it("of no answers have no length", () => {
    expect(
      bars(quiz(["a", "b"]), result({ counts: [0, 0], correct_choice: 0 }), "en").map(({ share, length }) => [
        share,
        length,
      ]),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});
