// @vitest-environment jsdom
// A press that was held, or a right click, acts once, and the next tap is a tap again.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { longPress } from "./long-press";

const down = (button = 0): PointerEvent =>
  new MouseEvent("pointerdown", { button, clientX: 5, clientY: 5 }) as PointerEvent;
const click = (detail = 1): MouseEvent => new MouseEvent("click", { detail });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a long press", () => {
  it("acts once, also where the phone says so as well, and its end is no tap", () => {
    const act = vi.fn();
    const press = longPress(act);
    press.listeners.pointerdown(down());
    vi.advanceTimersByTime(450);
    press.listeners.contextmenu(new Event("contextmenu"));
    press.listeners.pointerup();
    expect([act.mock.calls.length, press.isTap(click())]).toEqual([1, false]);
  });

  it("without a click at its end does not take the next tap", () => {
    const press = longPress(() => undefined);
    press.listeners.pointerdown(down());
    vi.advanceTimersByTime(900);
    press.listeners.pointercancel();
    press.listeners.pointerdown(down());
    press.listeners.pointerup();
    expect(press.isTap(click())).toBe(true);
  });

  it("by a right click acts, and takes neither the next tap nor the next key", () => {
    const act = vi.fn();
    const press = longPress(act);
    press.listeners.pointerdown(down(2));
    press.listeners.contextmenu(new Event("contextmenu"));
    expect([act.mock.calls.length, press.isTap(click(0))]).toEqual([1, true]);
    press.listeners.pointerdown(down());
    press.listeners.pointerup();
    expect(press.isTap(click())).toBe(true);
  });

  it("is the menu key of a keyboard as well, each time", () => {
    const act = vi.fn();
    const press = longPress(act);
    for (let n = 0; n < 2; n++) {
      press.listeners.keydown();
      press.listeners.contextmenu(new Event("contextmenu"));
    }
    expect(act).toHaveBeenCalledTimes(2);
  });

  it("is none for a finger that moves", () => {
    const act = vi.fn();
    const press = longPress(act);
    press.listeners.pointerdown(down());
    press.listeners.pointermove(new MouseEvent("pointermove", { clientX: 30, clientY: 5 }) as PointerEvent);
    vi.advanceTimersByTime(900);
    expect(act).not.toHaveBeenCalled();
  });
});
