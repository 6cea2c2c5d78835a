// What is wrong with the log is told as soon as it is, and what only looks so for a moment is not.
import { describe, expect, it } from "vitest";
import type { AnchorHealth, LogHealth } from "@shared/api-types";
import { healthTone, lengthOf, troublesOf } from "./troubles";

const AS_OF = "2026-11-30T10:00:00Z";
const ANCHOR: AnchorHealth = {
  anchor: "eip155:1",
  kind: "evm",
  looked_at: AS_OF,
  chain: "eip155:1",
  failing_since: null,
  reason: null,
  newest: 1,
  size: 90,
  behind: 10,
  tx: "0x1",
  block: 7,
  depth: 12,
  anchored_at: "2026-11-30T09:00:00Z",
  age_s: 3_600,
  fee_gwei: 1,
  attempts: 1,
  fallbacks: 0,
  under_way: null,
  is_development: false,
  label: null,
  labels: null,
};
const FINE: LogHealth = {
  is_published: true,
  origin: "shop.example/log",
  size: 100,
  published_at: "2026-11-29T10:00:00Z",
  age_s: 86_400,
  waiting: 0,
  witnesses: [{ name: "witness.example", cosigned_at: AS_OF }],
  witnesses_min: 1,
  anchors: [ANCHOR],
  anchor_every_s: 3_600,
  confirmations: 12,
  as_of: AS_OF,
};
const kinds = (change: Partial<LogHealth>, before: LogHealth | null = null): string[] =>
  troublesOf({ ...FINE, ...change }, before).map(({ kind, tone, of }) => [kind, tone, of].join(" "));
const anchored = (change: Partial<AnchorHealth>): string[] => kinds({ anchors: [{ ...ANCHOR, ...change }] });

describe("the log", () => {
  it("is well, however old its checkpoint is, while nothing waits", () => {
    expect([kinds({}), healthTone([])]).toEqual([[], "good"]);
  });

  it("is stuck when something waits at two looks and nothing was published in between", () => {
    const earlier = { ...FINE, waiting: 2, as_of: "2026-11-30T09:59:55Z" };
    expect(kinds({ waiting: 2 })).toEqual([]);
    expect(kinds({ waiting: 2 }, earlier)).toEqual(["stuck bad "]);
    expect(kinds({ waiting: 2, size: 101 }, earlier)).toEqual([]);
    expect(kinds({ waiting: 0 }, earlier)).toEqual([]);
  });

  it("lacks a witness, which is bad where it must have it", () => {
    const witnesses = [...FINE.witnesses, { name: "other.example", cosigned_at: null }];
    expect(kinds({ witnesses })).toEqual(["witness warn other.example"]);
    expect(kinds({ witnesses, witnesses_min: 2 })).toEqual(["unwitnessed bad other.example"]);
  });

  it("is off, or anchored nowhere", () => {
    expect(kinds({ is_published: false, size: 0, witnesses: [], witnesses_min: 0, anchors: [] })).toEqual([
      "off warn ",
      "noAnchor warn ",
    ]);
  });
});

describe("an anchor", () => {
  it.each<[Partial<AnchorHealth>, string]>([
    [{ failing_since: AS_OF, looked_at: null }, "failing bad eip155:1"],
    [{ looked_at: null }, "unlooked bad eip155:1"],
    [{ looked_at: "2026-11-30T09:49:59Z" }, "unlooked bad eip155:1"],
    [{ age_s: 7_261 }, "stale bad eip155:1"],
    [{ is_development: true }, "development warn eip155:1"],
  ])("with %o is told", (change, told) => {
    expect(anchored(change)).toEqual([told]);
  });

  it("is not old while the log has nothing new for it", () => {
    expect(anchored({ age_s: 1e6, behind: 0 })).toEqual([]);
  });

  it("is slow when a chain takes half an hour, and a calendar may take its time", () => {
    const under_way = {
      state: "sent",
      size: 100,
      begun_at: "2026-11-30T09:29:00Z",
      depth: 0,
      attempts: 3,
      fee_gwei: 9,
      fallbacks: 0,
    } as const;
    expect(anchored({ under_way })).toEqual(["slow warn eip155:1"]);
    expect(anchored({ under_way, kind: "opentimestamps" })).toEqual([]);
    expect(anchored({ under_way: { ...under_way, begun_at: AS_OF, fallbacks: 1 } })).toEqual([
      "takenBack warn eip155:1",
    ]);
  });

  it("that fails comes before what is only to be known", () => {
    const anchors = [
      { ...ANCHOR, is_development: true },
      { ...ANCHOR, anchor: "folder", kind: "folder", failing_since: AS_OF },
    ];
    const told = troublesOf({ ...FINE, anchors }, null);
    expect([told.map(({ kind }) => kind), healthTone(told), healthTone(told.slice(1))]).toEqual([
      ["failing", "development"],
      "bad",
      "warn",
    ]);
  });
});

it.each([
  [0, "seconds", 0],
  [89, "seconds", 89],
  [120, "minutes", 2],
  [5_400, "hours", 2],
  [200_000, "days", 2],
])("%i s is told in %s", (seconds, unit, n) => {
  expect(lengthOf(seconds)).toEqual({ unit, n });
});
