// Events and HTTP answers, in whatever order they cross, end in the same list.
import { describe, expect, it } from "vitest";
import { emptyQueue, ROWS_MAX, withSettled, withTold, withTruth, type Queue } from "./queue";

interface Line {
  id: string;
  reports?: number;
}

const ids = (queue: Queue<Line>): string[] => queue.rows.map((row) => row.id);
const start = (): Queue<Line> => withTruth(emptyQueue<Line>(), [{ id: "a" }, { id: "b" }], 0);

describe("a queue", () => {
  it("shows a row once when it is told of and listed", () => {
    const told = withTold(start(), { id: "c" });
    expect(ids(told)).toEqual(["a", "b", "c"]);
    expect(ids(withTruth(told, [{ id: "a" }, { id: "b" }, { id: "c" }], told.version))).toEqual(["a", "b", "c"]);
  });

  it("replaces a row that is told of again", () => {
    const queue = withTold(withTold(start(), { id: "a", reports: 1 }), { id: "a", reports: 2 });
    expect(queue.rows).toEqual([{ id: "a", reports: 2 }, { id: "b" }]);
  });

  it("keeps a row that came while the list was on its way", () => {
    const asked = start();
    const told = withTold(asked, { id: "c" });
    expect(ids(withTruth(told, [{ id: "a" }, { id: "b" }], asked.version))).toEqual(["a", "b", "c"]);
  });

  it("drops a row that the list no longer has", () => {
    const told = withTold(start(), { id: "c" });
    expect(ids(withTruth(told, [{ id: "b" }], told.version))).toEqual(["b"]);
  });

  it("does not bring back a row settled while the list was on its way", () => {
    const asked = start();
    const settled = withSettled(asked, "a");
    expect(ids(withTruth(settled, [{ id: "a" }, { id: "b" }], asked.version))).toEqual(["b"]);
  });

  it("brings back a row that the list still has after it was settled", () => {
    const settled = withSettled(start(), "a");
    const again = withTruth(settled, [{ id: "a" }, { id: "b" }], settled.version);
    expect(ids(again)).toEqual(["a", "b"]);
    expect(ids(withTold(again, { id: "a", reports: 3 }))).toEqual(["a", "b"]);
  });

  it("ignores a late event about a settled row", () => {
    expect(ids(withTold(withSettled(start(), "a"), { id: "a" }))).toEqual(["b"]);
  });

  it("is bounded", () => {
    let queue = emptyQueue<Line>();
    for (let n = 0; n < ROWS_MAX + 20; n += 1) queue = withTold(queue, { id: `row-${n}` });
    expect(queue.rows).toHaveLength(ROWS_MAX);
    expect(queue.told.size).toBe(ROWS_MAX);
    expect(queue.rows.at(-1)?.id).toBe(`row-${ROWS_MAX + 19}`);
  });
});
