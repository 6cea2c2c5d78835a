// Bars of a result: shares of all answers, and the right one marked.
import { expect, it } from "vitest";
import { bars } from "./bars";

it("has one bar per option", () => {
  expect(bars({ options: ["May", "June"] }, { answers: 4, counts: [1, 3], correct_choice: 1 })).toEqual([
    { label: "May", count: 1, share: 0.25, right: false },
    { label: "June", count: 3, share: 0.75, right: true },
  ]);
});

it("has no length without answers", () => {
  const none = bars({ options: ["a", "b"] }, { answers: 0, counts: [0, 0], correct_choice: 0 });
  expect(none.map(({ share }) => share)).toEqual([0, 0]);
});
