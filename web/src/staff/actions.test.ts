// A double tap sends once; after a lost answer the same request keeps its key; after a definite answer it does not.
import { describe, expect, it } from "vitest";
import { CODE, noAnswer, Refusal } from "@shared/refusal";
import { createOnce } from "@shared/once";
import { createActions } from "./actions";

const full = (): Refusal => new Refusal({ code: 2040, name: "bag_full", message: "" });

function recorded() {
  const refusals: [number, string][] = [];
  return {
    refusals,
    actions: createActions(
      createOnce(() => "ada"),
      (refusal, name) => refusals.push([refusal.code, name]),
    ),
  };
}

describe("createActions", () => {
  it("sends once for a double tap", async () => {
    const { actions } = recorded();
    let sent = 0;
    let finish = (): void => undefined;
    const send = (): Promise<string> =>
      new Promise((resolve) => {
        sent += 1;
        finish = () => resolve("done");
      });
    const first = actions.run("pin", { card: "a" }, send);
    expect(actions.busy("pin")).toBe(true);
    expect(await actions.run("pin", { card: "a" }, send)).toEqual({ ok: false, refusal: null });
    finish();
    expect(await first).toEqual({ ok: true, reply: "done" });
    expect(actions.busy("pin")).toBe(false);
    expect(sent).toBe(1);
  });

  it("lets different actions run at the same time", async () => {
    const { actions } = recorded();
    const both = await Promise.all([actions.run("a", {}, async () => 1), actions.run("b", {}, async () => 2)]);
    expect(both).toEqual([
      { ok: true, reply: 1 },
      { ok: true, reply: 2 },
    ]);
  });

  it("keeps the key when no answer came, for the same body only", async () => {
    const { actions, refusals } = recorded();
    const keys: string[] = [];
    const lost = async (key: string): Promise<never> => {
      keys.push(key);
      throw noAnswer();
    };
    await actions.run("coupon", { total: 1 }, lost);
    await actions.run("coupon", { total: 1 }, lost);
    await actions.run("coupon", { total: 2 }, lost);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(refusals).toEqual([
      [CODE.noAnswer, "coupon"],
      [CODE.noAnswer, "coupon"],
      [CODE.noAnswer, "coupon"],
    ]);
  });

  it("takes a new key after a definite answer, yes or no", async () => {
    const { actions } = recorded();
    const keys: string[] = [];
    const note = async (key: string): Promise<void> => void keys.push(key);
    const refuse = async (key: string): Promise<never> => {
      keys.push(key);
      throw full();
    };
    await actions.run("pin", 1, note);
    await actions.run("pin", 1, refuse);
    await actions.run("pin", 1, note);
    expect(new Set(keys).size).toBe(3);
  });

  it("gives the refusal back and may run again", async () => {
    const { actions } = recorded();
    const outcome = await actions.run("pin", 1, () => Promise.reject(full()));
    expect(outcome.ok ? null : outcome.refusal?.code).toBe(2040);
    expect(await actions.run("pin", 1, async () => "in")).toEqual({ ok: true, reply: "in" });
  });
});
