// @vitest-environment jsdom
// The first tap anywhere turns the sound on, once, and takes nothing away from what was tapped.
import { effectScope, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { chooseSound, soundChoice, useFirstTap } from "./sound";

let scope: EffectScope;
let done = true;
const act = vi.fn(() => done);

beforeEach(() => {
  vi.clearAllMocks();
  done = true;
  sessionStorage.clear();
  document.body.innerHTML =
    '<p id="picture"></p><button id="like">x</button><div data-sound><button id="sound">x</button></div>';
  scope = effectScope();
  scope.run(() => useFirstTap(act));
});
afterEach(() => scope.stop());

const click = (id: string, detail = 1): unknown =>
  document.getElementById(id)?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail }));

it("is the first tap alone, on whatever", () => {
  const liked = vi.fn();
  document.getElementById("like")?.addEventListener("click", liked);
  click("like");
  click("picture");
  expect([act.mock.calls.length, liked.mock.calls.length]).toEqual([1, 1]);
});

it("is neither a key on a button nor a tap on the sound's own", () => {
  click("like", 0);
  click("sound");
  expect(act).not.toHaveBeenCalled();
});

it("is tried again with the next tap where it did not work", () => {
  done = false;
  click("picture");
  done = true;
  click("picture");
  click("picture");
  expect(act).toHaveBeenCalledTimes(2);
});

it("remembers what was chosen for the visit", () => {
  expect(soundChoice()).toBeNull();
  chooseSound("off");
  expect(soundChoice()).toBe("off");
});
