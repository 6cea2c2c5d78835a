// @vitest-environment jsdom
import { effectScope, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ARROW_S, setLetters, useKeys } from "./useKeys";

const deeds = { toggle: vi.fn(), skip: vi.fn(), toggleSound: vi.fn(), fullScreen: vi.fn(), smallWindow: vi.fn() };
let active = true;
let scope: EffectScope;

beforeEach(() => {
  vi.clearAllMocks();
  active = true;
  setLetters(true);
  document.body.innerHTML =
    '<input id="text"><input id="line" type="range"><button id="button">x</button><div role="dialog"><p id="in"></p></div>';
  scope = effectScope();
  scope.run(() =>
    useKeys(
      deeds,
      () => active,
      () => undefined,
    ),
  );
});
afterEach(() => scope.stop());

function press(key: string, at = "", more: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  (document.getElementById(at) ?? document.body).dispatchEvent(event);
  return event.defaultPrevented;
}

it("plays, skips, mutes, fills the screen and makes a small window", () => {
  expect([" ", "ArrowRight", "ArrowLeft", "M", "f", "p"].map((key) => press(key))).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(deeds.toggle).toHaveBeenCalledOnce();
  expect(deeds.skip.mock.calls).toEqual([[ARROW_S], [-ARROW_S]]);
  expect(deeds.toggleSound).toHaveBeenCalledOnce();
  expect(deeds.fullScreen).toHaveBeenCalledOnce();
  expect(deeds.smallWindow).toHaveBeenCalledOnce();
});

it("skips as evenly when the line has the focus", () => {
  expect(press("ArrowRight", "line")).toBe(true);
  expect(deeds.skip).toHaveBeenCalledWith(ARROW_S);
});

it("goes on with an arrow that is held down, and with nothing else", () => {
  expect([press("ArrowRight", "", { repeat: true }), press("m", "", { repeat: true })]).toEqual([true, true]);
  expect([deeds.skip.mock.calls.length, deeds.toggleSound.mock.calls.length]).toEqual([1, 0]);
});

it("leaves alone what is written, what a button takes, what lies over the player, and the browser's own", () => {
  expect([
    press("m", "text"),
    press(" ", "button"),
    press("f", "in"),
    press("f", "", { ctrlKey: true }),
    press("x"),
  ]).toEqual([false, false, false, false, false]);
  active = false;
  expect(press(" ")).toBe(false);
  expect(deeds.toggle).not.toHaveBeenCalled();
});

it("leaves letters alone once they are switched off, and still takes the others", () => {
  setLetters(false);
  expect(["m", "F", "k", "p", " ", "ArrowLeft"].map((key) => press(key))).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});
