// What stands still says how much is new, and marks what was deleted meanwhile.
import { describe, expect, it } from "vitest";
import type { ChatLine } from "@shared/wire";
import { deletedOf, waitingCount } from "./standing";

const line = (n: number): ChatLine => ({ id: `l${n}`, user: "ann", name: "Ann", role: "viewer", text: `${n}`, ts: 1_000 + n });
const lines = (...numbers: number[]): ChatLine[] => numbers.map(line);

describe("chat that stands still", () => {
  it.each([
    [lines(1, 2), lines(1, 2), 0],
    [lines(1, 2), lines(1, 2, 3, 4), 2],
    [lines(1, 2), lines(2, 3), 1],
    [lines(1, 2), lines(1, 3), 1],
    [lines(1, 2), lines(7, 8, 9), 3],
    [[], lines(1), 1],
    [lines(1), [], 0],
  ])("counts what is new", (shown, current, count) => expect(waitingCount(shown, current)).toBe(count));

  it("knows what was deleted from what had to make room", () => {
    expect([...deletedOf(lines(1, 2, 3), lines(1, 3, 4))]).toEqual(["l2"]);
    expect([...deletedOf(lines(1, 2, 3), lines(2, 3, 4))]).toEqual([]);
    expect([...deletedOf(lines(1, 2, 3), lines(3, 4))]).toEqual([]);
    expect([...deletedOf(lines(1, 2, 3), lines(2, 4))]).toEqual(["l3"]);
  });
});
