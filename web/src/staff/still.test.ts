// Under a pointer no row moves: what went is marked in its place, what came waits.
import { describe, expect, it } from "vitest";
import { stood } from "./still";

const rows = (...ids: string[]): { id: string; text: string }[] => ids.map((id) => ({ id, text: id }));
const told = ({ rows: shown, gone, fresh }: ReturnType<typeof stood>) => [shown.map(({ id }) => id), [...gone], fresh];

describe("a list that stands still", () => {
  it("is the list itself while it runs", () => expect(told(stood(null, rows("a", "b")))).toEqual([["a", "b"], [], 0]));
  it("keeps its rows in their places", () =>
    expect(told(stood(rows("a", "b", "c"), rows("a", "c", "d", "e")))).toEqual([["a", "b", "c"], ["b"], 2]));
  it("marks the first one, too", () => expect(told(stood(rows("a", "b"), rows("b")))).toEqual([["a", "b"], ["a"], 0]));
  it("does not call a row gone that only fell off the end", () => {
    expect(told(stood(rows("a", "b"), rows("c"), ({ id }) => id === "a"))).toEqual([["a", "b"], ["b"], 1]);
  });
  it("shows what a row has become", () =>
    expect(stood(rows("a"), [{ id: "a", text: "new" }]).rows).toEqual([{ id: "a", text: "new" }]));
});
