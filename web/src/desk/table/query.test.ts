// What a table shows is in its address, and nothing of it where nothing is chosen.
import { describe, expect, it } from "vitest";
import { isSame, readQuery, withFilters } from "./query";

describe("filters in an address", () => {
  it("are read, the first of one given twice, and no others", () => {
    expect(
      readQuery({ kind: "chat", person: ["ann", "bob"], line: "", tab: "log" }, ["kind", "person", "line"]),
    ).toEqual({
      kind: "chat",
      person: "ann",
    });
  });

  it("leave what else it says, and leave with their value", () => {
    expect(withFilters({ tab: "log", kind: "chat" }, { kind: null, person: "ann" })).toEqual({
      tab: "log",
      person: "ann",
    });
    expect(withFilters({ kind: "chat" }, { kind: "" })).toEqual({});
  });

  it("are the same whatever their order", () => {
    expect(isSame({ a: "1", b: "2" }, { b: "2", a: "1" })).toBe(true);
    expect(isSame({ a: "1" }, { a: "1", b: "2" })).toBe(false);
  });
});
