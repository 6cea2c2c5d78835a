// Words over the page come one after the other, go by themselves, and stay while somebody is at them.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dismissToast, keepToast, shownToast, toast } from "./toast";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  while (shownToast.value) dismissToast();
  vi.useRealTimers();
});
const text = (): string | undefined => shownToast.value?.text;

describe("a toast", () => {
  it("goes by itself, trouble and what can be taken back later", () => {
    toast("Saved", { tone: "good" });
    expect([text(), shownToast.value?.icon]).toEqual(["Saved", "check"]);
    vi.advanceTimersByTime(2_600);
    expect(text()).toBeUndefined();
    toast("Refused", { tone: "bad" });
    vi.advanceTimersByTime(5_900);
    expect(text()).toBe("Refused");
    vi.advanceTimersByTime(100);
    toast("Deleted", { action: { text: "Undo", run: () => undefined } });
    vi.advanceTimersByTime(7_900);
    expect(text()).toBe("Deleted");
    vi.advanceTimersByTime(100);
    expect(text()).toBeUndefined();
  });

  it("waits for the one before, which hurries, and is said once", () => {
    toast("first", { tone: "bad" });
    vi.advanceTimersByTime(500);
    toast("second");
    toast("second");
    toast("first");
    expect(text()).toBe("first");
    vi.advanceTimersByTime(1_000);
    expect(text()).toBe("second");
    vi.advanceTimersByTime(2_600);
    expect(text()).toBeUndefined();
  });

  it("keeps the last five that wait", () => {
    for (let n = 0; n < 10; n++) toast(`number ${n}`);
    const seen = [text()];
    for (let n = 0; n < 5; n++) {
      dismissToast();
      seen.push(text());
    }
    expect(seen).toEqual(["number 0", "number 5", "number 6", "number 7", "number 8", "number 9"]);
    dismissToast();
    expect(text()).toBeUndefined();
  });

  it("stays while somebody points at it", () => {
    toast("Deleted");
    keepToast(true);
    vi.advanceTimersByTime(60_000);
    expect(text()).toBe("Deleted");
    keepToast(false);
    vi.advanceTimersByTime(0);
    expect(text()).toBeUndefined();
  });
});
