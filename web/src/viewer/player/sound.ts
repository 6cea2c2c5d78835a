/**
 * Sound or silence, for this visit. Browsers start a picture in silence, and let sound begin with a tap: so the first tap anywhere
 * turns it on, once, unless somebody has chosen otherwise. Whatever was tapped does what it does besides.
 */
import { onScopeDispose } from "vue";
import { visit } from "@shared/store";

export type Choice = "on" | "off" | null;

const STORE = "livehub.sound";
/** Within such an element a tap is about the sound itself. */
const OWN = "[data-sound]";

export function soundChoice(): Choice {
  const kept = visit.get(STORE);
  return kept === "on" || kept === "off" ? kept : null;
}

export function chooseSound(choice: "on" | "off"): void {
  visit.set(STORE, choice);
}

/** `act` says whether that was it; until then each tap is offered to it. */
export function useFirstTap(act: () => boolean): void {
  function tapped(event: Event): void {
    // A click by a key, or a script, has no place and is no tap.
    const isTap =
      event.type === "pointerup" ? (event as PointerEvent).pointerType !== "mouse" : (event as MouseEvent).detail > 0;
    if (!isTap || (event.target instanceof Element && event.target.closest(OWN))) return;
    if (act()) stop();
  }
  function stop(): void {
    // Safari makes no click of a tap on what is nobody's button, and a scroll ends without a pointerup.
    for (const event of ["pointerup", "click"]) document.removeEventListener(event, tapped, { capture: true });
  }
  for (const event of ["pointerup", "click"]) document.addEventListener(event, tapped, { capture: true });
  onScopeDispose(stop);
}
