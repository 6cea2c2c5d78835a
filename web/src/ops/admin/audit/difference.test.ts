// What an act changed is told field by field, what stayed the same is not, and nothing is too long to read.
import { describe, expect, it } from "vitest";
import { differences, linesOf, LINES_MAX } from "./difference";

const moment = (ms: number): string => new Date(ms).toISOString();

describe("the difference of before and after", () => {
  it("names each field that is another, with what it was and what it became", () => {
    expect(
      differences(
        { role: "viewer", host: { name: "Mei", avatar: null } },
        { role: "host", host: { name: "Mei", avatar: "/a.png" } },
        moment,
      ),
    ).toEqual([
      { path: "role", before: "viewer", after: "host" },
      { path: "host.avatar", before: null, after: "/a.png" },
    ]);
  });

  it("says what came and what went", () => {
    expect(differences({ bans: {} }, { bans: { ann: 1_800_000_000_000 } }, moment)).toEqual([
      { path: "bans.ann", before: null, after: "2027-01-15T08:00:00.000Z" },
    ]);
    expect(differences({ notice: "Rain" }, { notice: null }, moment)).toEqual([
      { path: "notice", before: "Rain", after: null },
    ]);
    expect(differences(null, { title: "Farm" }, moment)).toEqual([{ path: "title", before: null, after: "Farm" }]);
    expect(differences(null, null, moment)).toEqual([]);
  });

  it("takes lists of words together, and false and 0 for values", () => {
    expect(differences({ tags: ["a", "b"], on: true, n: 1 }, { tags: ["a"], on: false, n: 0 }, moment)).toEqual([
      { path: "tags", before: "a, b", after: "a" },
      { path: "on", before: "true", after: "false" },
      { path: "n", before: "1", after: "0" },
    ]);
  });

  it("compares long texts whole, and shows them from where they part", () => {
    const same = "长".repeat(500);
    expect(differences({ text: `${same}a` }, { text: `${same}b` }, moment)).toEqual([
      { path: "text", before: `…${"长".repeat(40)}a`, after: `…${"长".repeat(40)}b` },
    ]);
    expect(differences({ text: same }, { text: `b${same}` }, moment)).toEqual([
      { path: "text", before: `${"长".repeat(300)}…`, after: `b${"长".repeat(299)}…` },
    ]);
    expect(differences({ text: same }, { text: same }, moment)).toEqual([]);
  });

  it("tells of a list of which the log has kept the count alone, be it the same one", () => {
    expect(differences({ bag: { items: 40 } }, { bag: { items: 40 } }, moment)).toEqual([
      { path: "bag.items", before: "40", after: "40" },
    ]);
    expect(differences({ a: { items: "x" } }, { a: { items: "x" } }, moment)).toEqual([]);
  });

  it("is bounded in lines, in length and in depth", () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, n]));
    expect(differences(null, many, moment)).toHaveLength(LINES_MAX);
    expect(differences(null, { text: "长".repeat(500) }, moment)[0]?.after).toBe(`${"长".repeat(300)}…`);
    let deep: unknown = 1;
    for (let n = 0; n < 50; n++) deep = { d: deep };
    expect(differences(null, deep, moment)).toHaveLength(1);
  });
});

it("tells all that a value holds", () => {
  expect(linesOf({ what: "account", filter: { role: "host" } }, moment)).toEqual([
    { path: "what", text: "account" },
    { path: "filter.role", text: "host" },
  ]);
});
