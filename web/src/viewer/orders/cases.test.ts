// A case has units that are free, named; its money is what was paid for them; its steps say what was done and what comes.
import { describe, expect, it } from "vitest";
import type { Case, OrderLine, Refund } from "@shared/api-types";
import {
  amountOfUnits,
  caseForm,
  checkCase,
  clockOf,
  freeLines,
  offeredFor,
  reasonsOf,
  stepsOf,
  unitsWanted,
} from "./cases";

const line = (id: string, shares: number[], more: Partial<OrderLine> = {}): OrderLine =>
  ({
    id,
    qty: shares.length,
    unit_shares_minor: shares,
    refunded_units: [],
    replaced_units: [],
    is_gift: false,
    ...more,
  }) as OrderLine;
const EGGS = line("eggs", [666, 667, 667]);
const HONEY = line("honey", [1_280, 1_280]);
const AT = "2026-11-30T08:00:00.000Z";

describe("units that are free", () => {
  it("are neither paid back nor in an open case, and those that cost most come first", () => {
    expect(freeLines([EGGS], [])[0]?.units).toEqual([1, 2, 0]);
    const open = [{ state: "open" as const, lines: [{ line: "eggs", units: [1] }] }];
    expect(freeLines([{ ...EGGS, refunded_units: [0] }], open)[0]?.units).toEqual([2]);
    expect(freeLines([{ ...EGGS, replaced_units: [0] }], open)[0]?.units).toEqual([2]);
  });

  it("are free again once the case is over", () => {
    const withdrawn = [{ state: "withdrawn" as const, lines: [{ line: "eggs", units: [0, 1, 2] }] }];
    expect(freeLines([EGGS], withdrawn)[0]?.units).toHaveLength(3);
  });

  it("leave out lines of which nothing is left", () => {
    expect(freeLines([{ ...HONEY, refunded_units: [0, 1] }, EGGS], []).map(({ line: { id } }) => id)).toEqual(["eggs"]);
  });

  it("are named, in their order, and never more than there are", () => {
    const free = freeLines([EGGS, HONEY], []);
    expect(unitsWanted(free, { eggs: 2, honey: 0 })).toEqual([{ line: "eggs", units: [1, 2] }]);
    expect(unitsWanted(free, { honey: 9, bread: 1 })).toEqual([{ line: "honey", units: [0, 1] }]);
  });

  it("of gifts can be replaced, not paid back", () => {
    const free = freeLines([line("jam", [0], { is_gift: true }), HONEY], []);
    expect(offeredFor(free, "refund").map(({ line: { id } }) => id)).toEqual(["honey"]);
    expect(offeredFor(free, "replacement")).toHaveLength(2);
  });
});

describe("the amount", () => {
  const settled = {
    kind: "weight",
    lines: [{ line: "honey", units: [0], amount_minor: 45, unit_amounts_minor: [45] }],
  } as Pick<Refund, "kind" | "lines">;

  it("is what was paid for exactly these units", () => {
    expect(amountOfUnits([EGGS, HONEY], [{ line: "eggs", units: [1, 2] }], [])).toBe(1_334);
    expect(
      amountOfUnits(
        [EGGS, HONEY],
        [
          { line: "eggs", units: [0] },
          { line: "honey", units: [0] },
        ],
        [],
      ),
    ).toBe(1_946);
    expect(amountOfUnits([EGGS], [], [])).toBe(0);
  });

  it("is less what went back for their weight already", () => {
    expect(amountOfUnits([HONEY], [{ line: "honey", units: [0, 1] }], [settled])).toBe(2_515);
    expect(amountOfUnits([HONEY], [{ line: "honey", units: [1] }], [settled])).toBe(1_280);
    expect(amountOfUnits([HONEY], [{ line: "honey", units: [0] }], [{ ...settled, kind: "lines" }])).toBe(1_280);
  });
});

describe("the form", () => {
  const free = freeLines([EGGS, HONEY], []);

  it("has chosen what there is no choice of", () => {
    expect(caseForm(freeLines([line("eggs", [500])], []), ["other"])).toMatchObject({
      wanted: { eggs: 1 },
      reason: "other",
    });
    expect(caseForm(free, reasonsOf("done"))).toMatchObject({ wanted: {}, reason: "" });
  });

  it("wants units and a reason", () => {
    expect(checkCase(caseForm(free, reasonsOf("done")), free).faults).toEqual({
      lines: "required",
      reason: "required",
    });
    const long = { ...caseForm(free, []), wanted: { eggs: 1 }, reason: "other" as const, text: "长".repeat(501) };
    expect(checkCase(long, free).faults).toEqual({ text: "too_long" });
  });

  it("names units in what it sends", () => {
    const filled = {
      ...caseForm(free, []),
      wanted: { eggs: 1 },
      reason: "spoiled" as const,
      text: " 烂了 ",
      photos: ["p1"],
    };
    expect(checkCase(filled, free).body).toEqual({
      lines: [{ line: "eggs", units: [1] }],
      kind: "refund",
      reason: "spoiled",
      text: "烂了",
      photos: ["p1"],
    });
  });

  it("offers what can be wrong with what has not left", () => {
    expect(reasonsOf("paid")).toEqual(["other", "undelivered"]);
    expect(reasonsOf("delivered")).toHaveLength(5);
  });
});

describe("steps", () => {
  const step = (name: Case["steps"][number]["step"], decision: Case["decision"] = null) => ({
    at: AT,
    step: name,
    decision,
    by: null,
    by_name: null,
  });
  const shown = (more: Partial<Case>) =>
    ({ state: "open", steps: [step("open")], refund: null, seen_at: null, kind: "refund", ...more }) as Case;
  const told = (one: Case): string[] => stepsOf(one).map(({ what, state }) => `${what} ${state}`);
  const refund = (state: Refund["state"], is_rejected = false) => ({ state, is_rejected, paid_at: AT }) as Refund;

  it("say that nobody has looked yet, and what is to come", () => {
    expect(told(shown({}))).toEqual(["open done", "see now", "answer later", "send later"]);
    expect(told(shown({ kind: "replacement" }))).toEqual(["open done", "see now", "answer later"]);
  });

  it("say that somebody looks", () => {
    expect(told(shown({ steps: [step("open"), step("see")] }))).toEqual([
      "open done",
      "see done",
      "answer now",
      "send later",
    ]);
  });

  it.each([
    ["approval", ["check now", "send later"]],
    ["processing", ["send now", "arrive later"]],
    ["paid", ["sent done", "arrive now"]],
    ["failed", ["stuck now"]],
  ] as const)("say of money that is %s how far it has come", (state, money) => {
    const decided = shown({ state: "decided", steps: [step("open"), step("decide", "refund")], refund: refund(state) });
    expect(told(decided)).toEqual(["open done", "refund done", ...money]);
  });

  it("begin anew with an appeal", () => {
    const steps = [step("open"), step("see"), step("decide", "reject"), step("appeal")];
    expect(told(shown({ steps }))).toEqual([
      "open done",
      "see done",
      "reject done",
      "appeal done",
      "see now",
      "answer later",
      "send later",
    ]);
  });

  it("end with what the buyer took back", () => {
    expect(told(shown({ state: "withdrawn", steps: [step("open"), step("withdraw")] }))).toEqual([
      "open done",
      "withdraw done",
    ]);
  });
});

describe("the clock", () => {
  const NOW = Date.parse(AT);

  it.each([
    [600_000, { unit: "minutes", n: 10 }],
    [60_001, { unit: "minutes", n: 2 }],
    [1, { unit: "minutes", n: 1 }],
    [121 * 60_000, { unit: "hours", n: 3 }],
    [0, "over"],
    [-1, "over"],
  ])("with %d ms left says %j", (left, said) => {
    expect(clockOf(NOW + left, NOW)).toEqual(said);
  });
});
