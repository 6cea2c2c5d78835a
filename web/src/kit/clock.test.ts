// All countdowns of a page hang on one timer, and each moves as often as it asked for.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import { everyTick, handsNow } from "./clock";
import { useNow } from "./useNow";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the clock", () => {
  it("moves each hand as often as it asked for, by one timer", () => {
    const [fast, slow] = [vi.fn(), vi.fn()];
    const stops = [everyTick(100, fast), everyTick(1_000, slow)];
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(3_000);
    expect([fast.mock.calls.length, slow.mock.calls.length]).toEqual([30, 3]);
    for (const stop of stops) stop();
    expect([handsNow(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("moves those together that began apart", () => {
    const at: number[] = [];
    const first = everyTick(1_000, () => at.push(performance.now()));
    vi.advanceTimersByTime(300);
    const second = everyTick(1_000, () => at.push(performance.now()));
    vi.advanceTimersByTime(1_000);
    expect(at.length).toBe(2);
    expect(at[0]).toBe(at[1]);
    first();
    second();
  });

  it("lets a hand go while it moves", () => {
    const stop = everyTick(100, () => stop());
    vi.advanceTimersByTime(500);
    expect(handsNow()).toBe(0);
  });

  it("is read by components, and stops with them", () => {
    let time = 5;
    const scope = effectScope();
    const now = scope.run(() => useNow(() => time, 500));
    time = 6;
    expect(now?.value).toBe(5);
    vi.advanceTimersByTime(500);
    expect(now?.value).toBe(6);
    scope.stop();
    expect(handsNow()).toBe(0);
  });
});
