import { describe, expect, it } from "vitest";
import type { Card } from "@shared/wire";
import { markAt, marksOf } from "./marks";
import { roughly, spansOf } from "./timeline";

const T = 1_700_000_000_000;
const card = (id: string): Card => ({
  id,
  no: null,
  title: id,
  subtitle: null,
  image: null,
  price_minor: 100,
  list_price_minor: null,
  currency: "CNY",
  unit: null,
});
const CHAPTERS = [
  { at_ts: T + 10_000, card: card("honey") },
  { at_ts: T + 30_000, card: card("jam") },
  { at_ts: T + 50_000, card: card("honey") },
];

describe("marks", () => {
  it("go from one chapter to the next, the last one to the end", () => {
    const marks = marksOf(CHAPTERS, roughly(T, 60), 60);
    expect(marks.map(({ startS, endS, card: { id } }) => [id, startS, endS])).toEqual([
      ["honey", 10, 30],
      ["jam", 30, 50],
      ["honey", 50, 60],
    ]);
    expect(new Set(marks.map(({ key }) => key)).size).toBe(3);
  });

  it("leave out what no picture was kept of", () => {
    const spans = spansOf([
      { startS: 0, durationS: 20, ts: T },
      { startS: 20, durationS: 20, ts: T + 55_000 },
    ]);
    expect(marksOf(CHAPTERS, spans, 40).map(({ startS, card: { id } }) => [id, startS])).toEqual([
      ["honey", 10],
      ["honey", 20],
    ]);
    expect(marksOf([{ at_ts: T + 90_000, card: card("late") }], roughly(T, 60), 60)).toEqual([]);
  });
});

describe("the mark at a place", () => {
  const marks = marksOf(CHAPTERS, roughly(T, 60), 60);

  it("is the last one that has begun", () => {
    expect(markAt(marks, 9)).toBeNull();
    expect(markAt(marks, 10)).toBe(marks[0]);
    expect(markAt(marks, 29.9)).toBe(marks[0]);
    expect(markAt(marks, 59)).toBe(marks[2]);
  });

  it("is the one jumped to, though the browser stops a little before it", () => {
    expect(markAt(marks, 29.98)).toBe(marks[1]);
  });
});
