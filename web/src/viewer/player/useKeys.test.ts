import { effectScope, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ReplayPlayer } from "./player";
import { ARROW_S, useKeys } from "./useKeys";

const player = { toggle: vi.fn(), skip: vi.fn(), setMuted: vi.fn(), muted: { value: false } };
const fullScreen = vi.fn();
let active = true;
let scope: EffectScope;

beforeEach(() => {
  vi.clearAllMocks();
  active = true;
  document.body.innerHTML = '<input id="text"><input id="line" type="range"><button id="button">x</button><div role="dialog"><p id="in"></p></div>';
  scope = effectScope();
  scope.run(() => useKeys({ player: player as unknown as ReplayPlayer, active: () => active, fullScreen, onUse: () => undefined }));
});
afterEach(() => scope.stop());

function press(key: string, at = "", more: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  (document.getElementById(at) ?? document.body).dispatchEvent(event);
  return event.defaultPrevented;
}

it("plays, skips, mutes and fills the screen", () => {
  expect([press(" "), press("ArrowRight"), press("ArrowLeft"), press("M"), press("f")]).toEqual([true, true, true, true, true]);
  expect(player.toggle).toHaveBeenCalledOnce();
  expect(player.skip.mock.calls).toEqual([[ARROW_S], [-ARROW_S]]);
  expect(player.setMuted).toHaveBeenCalledWith(true);
  expect(fullScreen).toHaveBeenCalledOnce();
});

it("skips as evenly when the line has the focus", () => {
  expect(press("ArrowRight", "line")).toBe(true);
  expect(player.skip).toHaveBeenCalledWith(ARROW_S);
});

it("leaves alone what is written, what a button takes, what lies over the player, and the browser's own", () => {
  expect([press("m", "text"), press(" ", "button"), press("f", "in"), press("f", "", { ctrlKey: true }), press("x")]).toEqual([false, false, false, false, false]);
  active = false;
  expect(press(" ")).toBe(false);
  expect(player.toggle).not.toHaveBeenCalled();
});
