import { expect, test } from "vitest";
import { winWords } from "./win-words";

test("a prize is spoken of where there is one", () => {
  expect(winWords("choice", true, 1)).toEqual({ key: "youWon", values: { rank: 1 } });
  expect(winWords(null, true, 3)).toEqual({ key: "youWon", values: { rank: 3 } });
});

test("without a prize the place is told, and whether it was right or near", () => {
  expect(winWords("choice", false, 1)).toEqual({ key: "first.choice", values: { rank: 1 } });
  expect(winWords("choice", false, 2)).toEqual({ key: "placed.choice", values: { rank: 2 } });
  expect(winWords("number", false, 1)).toEqual({ key: "first.number", values: { rank: 1 } });
  expect(winWords("number", false, 5)).toEqual({ key: "placed.number", values: { rank: 5 } });
  expect(winWords(null, false, 5)).toEqual({ key: "placed.other", values: { rank: 5 } });
});
