/**
 * The keys of a player: space and k, the arrows, m, f, p. They are a person's own where something is written or chosen. Letters can be
 * switched off (WCAG 2.2, 2.1.4), since who speaks to the computer instead of typing sets them off by chance.
 */
import { onScopeDispose, readonly, shallowRef } from "vue";
import { lasting } from "@shared/store";

/** How far an arrow goes, seconds. */
export const ARROW_S = 5;

/** What keys can do; what is missing is left to the browser. */
export interface KeyDeeds {
  toggle: () => void;
  skip?: (byS: number) => void;
  toggleSound: () => void;
  fullScreen?: () => void;
  smallWindow?: () => void;
}

const STORE = "livehub.keys";
const letters = shallowRef(lasting.get(STORE) !== "off");

/** Whether letters do something. */
export const lettersOn = readonly(letters);

export function setLetters(on: boolean): void {
  letters.value = on;
  lasting.set(STORE, on ? "on" : "off");
}

/** `active`: whether keys are meant for the player now. `onUse`: something was done by a key, so the controls show it. */
export function useKeys(deeds: KeyDeeds, active: () => boolean, onUse: () => void): void {
  const { toggle, skip, toggleSound, fullScreen, smallWindow } = deeds;
  const byKey: Record<string, (() => void) | undefined> = {
    " ": toggle,
    k: toggle,
    ArrowLeft: skip && (() => skip(-ARROW_S)),
    ArrowRight: skip && (() => skip(ARROW_S)),
    m: toggleSound,
    f: fullScreen,
    p: smallWindow,
  };

  function pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing || !active())
      return;
    const isLetter = /^\p{L}$/u.test(event.key);
    const key = isLetter ? event.key.toLowerCase() : event.key;
    const deed = byKey[key];
    if (!deed || (isLetter && !letters.value) || isOwn(event.target, key)) return;
    event.preventDefault();
    // Held down, a letter would switch there and back.
    if (event.repeat && !key.startsWith("Arrow")) return;
    deed();
    onUse();
  }
  document.addEventListener("keydown", pressed);
  onScopeDispose(() => document.removeEventListener("keydown", pressed));
}

/** What has the focus takes this key itself. */
function isOwn(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "range") return false;
  if (target.matches("input, textarea, select, [contenteditable]") || target.closest("[role=dialog]")) return true;
  if (key === " ") return target.closest("button, a[href], [role=tab]") !== null;
  return key.startsWith("Arrow") && target.closest("[role=tablist], [role=log], [role=menu]") !== null;
}
