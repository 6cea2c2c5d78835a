/** The keys of a player: space and k, the arrows, m, f. They are a person's own where something is written or chosen. */
import { onScopeDispose } from "vue";
import type { ReplayPlayer } from "./player";

export const ARROW_S = 5;

export interface KeyDeeds {
  player: ReplayPlayer;
  /** Whether keys are meant for the player now. */
  active: () => boolean;
  fullScreen: () => void;
  /** Something was done by a key: the controls show it. */
  onUse: () => void;
}

export function useKeys({ player, active, fullScreen, onUse }: KeyDeeds): void {
  const deeds: Record<string, () => void> = {
    " ": player.toggle,
    k: player.toggle,
    ArrowLeft: () => player.skip(-ARROW_S),
    ArrowRight: () => player.skip(ARROW_S),
    m: () => player.setMuted(!player.muted.value),
    f: fullScreen,
  };

  function pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || !active()) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const deed = deeds[key];
    if (!deed || isOwn(event.target, key)) return;
    event.preventDefault();
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
