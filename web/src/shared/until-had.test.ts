// @vitest-environment jsdom
// A first answer that does not come is asked for again, ever more rarely, and at once when the network is back; a no is a no.
import { effectScope, shallowRef, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CODE, offline, Refusal } from "./refusal";
import { askUntilHad } from "./until-had";

const missing = shallowRef<Refusal | null>(null);
let scope: EffectScope;
let asked = 0;
let answers: (Refusal | null)[] = [];

function begin(): void {
  scope = effectScope();
  scope.run(() =>
    askUntilHad(
      () => missing.value,
      () => {
        asked++;
        missing.value = answers.length > 0 ? (answers.shift() ?? null) : offline();
        return Promise.resolve();
      },
    ),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  missing.value = null;
  asked = 0;
  answers = [];
  begin();
});

afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

it("again after 1 s, 2 s, 4 s, until it is there", async () => {
  answers = [offline(), offline(), null];
  missing.value = offline();
  const seen: number[] = [];
  for (let second = 0; second < 20; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
    seen.push(asked);
  }
  expect(seen.slice(0, 8)).toEqual([1, 1, 2, 2, 2, 2, 3, 3]);
  expect(asked).toBe(3);
});

it("at once when the network is back, and never after it has gone away", async () => {
  missing.value = offline();
  dispatchEvent(new Event("online"));
  expect(asked).toBe(1);
  scope.stop();
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
});

it("no sooner than the server says, and never what is refused for good", async () => {
  missing.value = new Refusal({ code: CODE.tooFast, name: "too_fast", message: "", retry_after_ms: 5_000 });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(asked).toBe(0);
  answers = [new Refusal({ code: CODE.orderNotFound, name: "order_not_found", message: "" })];
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(120_000);
  dispatchEvent(new Event("online"));
  expect(asked).toBe(1);
});
