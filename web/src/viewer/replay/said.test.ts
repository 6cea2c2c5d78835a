// The chat of a replay is what stood there at that moment, and nothing that was said later.
import { describe, expect, it } from "vitest";
import type { ChatLine } from "@shared/wire";
import { moderatedSaid, SAID_MAX, saidAt, STRETCH_MS, stretchesFor, type ShownLine } from "./said";

const T = 1_700_000_000_000;
const shown = (n: number, at_ts: number): ShownLine => {
  const line: ChatLine = { id: `l${n}`, user: "u", name: "u", role: "viewer", text: `${n}`, ts: at_ts - 1_000 };
  return { at_ts, line };
};

describe("what was said at a moment", () => {
  const lines = [shown(1, T + 1_000), shown(2, T + 5_000), shown(3, T + 9_000)];

  it("is what had been shown by then", () => {
    expect(
      [T, T + 4_999, T + 5_000, T + 60_000].map((moment) => saidAt(lines, moment).map(({ text }) => text)),
    ).toEqual([[], ["1"], ["1", "2"], ["1", "2", "3"]]);
  });

  it("is the last of it where much was said", () => {
    const many = Array.from({ length: 500 }, (_none, n) => shown(n, T + n));
    const said = saidAt(many, T + 300);
    expect([said.length, said[0]?.text, said.at(-1)?.text]).toEqual([SAID_MAX, "241", "300"]);
  });
});

describe("the stretches of a moment", () => {
  it("are the one it is in, and the one before while that has just ended", () => {
    expect(
      [0, STRETCH_MS - 1, STRETCH_MS, STRETCH_MS + 119_999, STRETCH_MS + 120_000].map((ms) => stretchesFor(T, T + ms)),
    ).toEqual([[0], [0], [0, 1], [0, 1], [1]]);
  });

  it("begin with the recording", () => {
    expect(stretchesFor(T, T - 5_000)).toEqual([0]);
  });
});

describe("what a moderator took away", () => {
  it("is not said in a replay either", () => {
    const lines = [shown(1, T + 1_000), shown(2, T + 5_000)];
    expect(moderatedSaid(lines, { type: "chat_delete", line: "l1" })).toEqual([lines[1]]);
    expect(moderatedSaid(lines, { type: "slow_mode", seconds: 5 })).toEqual(lines);
  });
});
