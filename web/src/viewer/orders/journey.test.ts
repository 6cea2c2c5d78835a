import { describe, expect, it } from "vitest";
import type { Latest, OrderLine } from "@shared/api-types";
import { batchesOf, isUnderWay, journeyOf } from "./journey";

const NOW = Date.parse("2026-11-28T08:00:00Z");
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
const line = (title: string, batch?: string): OrderLine => ({ title, batch }) as OrderLine;
const latest = (fields: Partial<Latest> = {}): Latest => ({
  batch: "b",
  path: "/01/09520123456788/10/A",
  made_by: "harvest",
  made_at: ago(300),
  made_in: "Tunnel 3",
  step: null,
  on_the_way_since: null,
  celsius: null,
  measured_at: null,
  breaches: 0,
  is_out_of_limits: false,
  ...fields,
});

describe("the batches of an order", () => {
  it("are each named once, with what of them was bought", () => {
    const lines = [line("Berries", "b1"), line("Jam"), line("Berries", "b1"), line("Cake", "b1"), line("Eggs", "b2")];
    expect(batchesOf(lines)).toEqual([
      { id: "b1", titles: ["Berries", "Cake"] },
      { id: "b2", titles: ["Eggs"] },
    ]);
  });

  it("are at most five", () => {
    expect(batchesOf([1, 2, 3, 4, 5, 6].map((n) => line("x", `b${String(n)}`)))).toHaveLength(5);
  });

  it("are followed from payment to delivery", () => {
    const states = ["unpaid", "paid", "preparing", "dispatched", "delivered", "done", "cancelled"] as const;
    expect(states.filter(isUnderWay)).toEqual(["paid", "preparing", "dispatched"]);
  });
});

describe("the row of a batch", () => {
  it("says where it was made as long as nothing was done", () => {
    expect(journeyOf(latest(), true, NOW).step).toEqual({ kind: "harvest", at: ago(300), place: "Tunnel 3" });
  });

  it("says the last step", () => {
    const step = { kind: "packed", at: ago(60), place: "House", celsius: 4 } as const;
    expect(journeyOf(latest({ step }), true, NOW)).toEqual({ step, warmth: null, tone: "none" });
  });

  it("says how warm it is on its way, and since when that is known", () => {
    const way = latest({ on_the_way_since: ago(90), celsius: 4.1, measured_at: ago(1.5) });
    expect(journeyOf(way, true, NOW)).toEqual({
      step: { kind: "on_the_way", at: ago(90), place: null },
      warmth: { celsius: 4.1, minutes: 1, at: ago(1.5) },
      tone: "good",
    });
    expect(journeyOf({ ...way, is_out_of_limits: true }, true, NOW).tone).toBe("bad");
    expect(journeyOf({ ...way, measured_at: ago(31) }, true, NOW)).toMatchObject({
      tone: "old",
      warmth: { minutes: null },
    });
    expect(journeyOf({ ...way, measured_at: ago(-1) }, true, NOW).warmth?.minutes).toBe(0);
    expect(journeyOf({ ...way, celsius: null, measured_at: null }, true, NOW).tone).toBe("silent");
  });

  it("says nothing of a van that drives for others", () => {
    const way = latest({ on_the_way_since: ago(90), celsius: 4.1, measured_at: ago(1) });
    expect(journeyOf(way, false, NOW)).toMatchObject({ step: { kind: "harvest" }, warmth: null });
  });
});
