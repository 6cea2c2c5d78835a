// Working off a queue: the choice stays, moves to the next when its row goes, and falls back to the end.
import { describe, expect, it } from "vitest";
import { chosenAfter } from "./chosen";

const rows = (...ids: string[]): { id: string }[] => ids.map((id) => ({ id }));

describe("chosenAfter", () => {
  it("stays while its row is there", () => expect(chosenAfter("b", rows("a", "b"), rows("b", "c"))).toBe("b"));
  it("starts with the first", () => expect(chosenAfter(null, undefined, rows("a", "b"))).toBe("a"));
  it("moves to the next that is left", () =>
    expect(chosenAfter("b", rows("a", "b", "c", "d"), rows("a", "d"))).toBe("d"));
  it("falls back to the last", () => expect(chosenAfter("c", rows("a", "b", "c"), rows("a", "b"))).toBe("b"));
  it("is nothing in an empty list", () => expect(chosenAfter("a", rows("a"), rows())).toBeNull());
});
