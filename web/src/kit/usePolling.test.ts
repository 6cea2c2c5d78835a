// @vitest-environment jsdom
// What is asked again and again is asked only while it is wanted and seen, and never twice at a time.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, ref } from "vue";
import { usePolling } from "./usePolling";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  see("visible");
  vi.useRealTimers();
});

function see(state: DocumentVisibilityState): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("asking again and again", () => {
  it("asks at once and then after each answer", async () => {
    const ask = vi.fn(() => Promise.resolve());
    const scope = effectScope();
    scope.run(() => usePolling(ask, 1_000));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(ask.mock.calls.length).toBe(3);
    scope.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ask.mock.calls.length).toBe(3);
  });

  it("waits for an answer that is late, and goes on after one that failed", async () => {
    let fail: (why: Error) => void = () => undefined;
    const ask = vi.fn(() => new Promise((_, reject) => (fail = reject)));
    const scope = effectScope();
    const polling = scope.run(() => usePolling(ask, 1_000));
    await vi.advanceTimersByTimeAsync(5_000);
    void polling?.ask();
    expect(ask.mock.calls.length).toBe(1);
    fail(new Error("gone"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ask.mock.calls.length).toBe(2);
    scope.stop();
  });

  it("is silent while nobody looks or wants it, and asks at once when somebody does", async () => {
    const ask = vi.fn(() => Promise.resolve());
    const wanted = ref(true);
    const scope = effectScope();
    scope.run(() => usePolling(ask, 1_000, () => wanted.value));
    await vi.advanceTimersByTimeAsync(0);
    see("hidden");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ask.mock.calls.length).toBe(1);
    see("visible");
    await vi.advanceTimersByTimeAsync(0);
    expect(ask.mock.calls.length).toBe(2);
    wanted.value = false;
    await nextTick();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ask.mock.calls.length).toBe(2);
    scope.stop();
  });
});
