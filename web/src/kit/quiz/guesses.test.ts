import { expect, test } from "vitest";
import { axisOf, columnsOf, placeOn } from "./guesses";

const RANGED = { min_value: 8, max_value: 20, step: 0.1 };
const OPEN = { min_value: null, max_value: null, step: 1 };
const NOBODY = { answers: 0, counts: [0], edges: [0, 1] };

test("a quiz that nobody answered shows its range", () => {
  expect(axisOf(RANGED, { ...NOBODY, correct_value: 14.2 })).toEqual({ low: 8, high: 20 });
  expect(columnsOf({ ...NOBODY, correct_value: 14.2 }, null, 0.1)).toEqual([]);
  expect(placeOn({ low: 8, high: 20 }, 14)).toBe(0.5);
});

test("without a range it shows what lies around the right answer", () => {
  expect(axisOf(OPEN, { ...NOBODY, correct_value: 40 })).toEqual({ low: 20, high: 60 });
  expect(axisOf(OPEN, { ...NOBODY, correct_value: 2 })).toEqual({ low: 0, high: 7 });
  expect(axisOf(OPEN, { ...NOBODY, correct_value: -4 })).toEqual({ low: -9, high: 1 });
  expect(axisOf({ ...OPEN, min_value: 1 }, { ...NOBODY, correct_value: 40 })).toEqual({ low: 1, high: 60 });
});

test("a right answer beyond all guesses stands beyond them", () => {
  const told = { answers: 3, counts: [2, 1], edges: [10, 12, 14], correct_value: 20 };
  expect(axisOf(RANGED, told)).toEqual({ low: 10, high: 20 });
  expect(columnsOf(told, 14, 0.1)).toEqual([
    { low: 10, high: 12, count: 2, correct: false, mine: false },
    { low: 12, high: 14, count: 1, correct: false, mine: true },
  ]);
});

test("guesses that are all the same have a width", () => {
  const told = { answers: 2, counts: [2], edges: [12, 12], correct_value: 12 };
  expect(axisOf(OPEN, told)).toEqual({ low: 11, high: 13 });
  expect(columnsOf(told, 12, 1)).toEqual([{ low: 11.5, high: 12.5, count: 2, correct: true, mine: true }]);
});

test("a guess on an edge belongs to the column that begins there", () => {
  const told = { answers: 2, counts: [1, 1], edges: [0, 1, 2], correct_value: 1 };
  expect(columnsOf(told, 0, 1).map(({ correct, mine }) => [correct, mine])).toEqual([
    [false, true],
    [true, false],
  ]);
});

test("the last edge belongs to the last column, and what is beyond it to none", () => {
  const told = { answers: 1, counts: [1, 0], edges: [0, 1, 2] };
  const correct = (value: number): boolean[] =>
    columnsOf({ ...told, correct_value: value }, null, 1).map(({ correct }) => correct);
  expect(correct(2)).toEqual([false, true]);
  expect(correct(3)).toEqual([false, false]);
});
