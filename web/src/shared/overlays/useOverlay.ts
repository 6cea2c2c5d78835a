/** Something that lies over the page while `open`: takes the focus, keeps what is below out of reach, and gives the focus back. */
import { nextTick, onScopeDispose, watch } from "vue";
import { giveFocusBack, holdBack, noteOpen, type Overlay } from "./overlays";

export interface OverlayOptions {
  open: () => boolean;
  /** Escape or the way back: what a press on its close button does. */
  close: () => void;
  /** The panel; left out where a library takes care of the focus. */
  panel?: () => HTMLElement | null | undefined;
}

export function useOverlay({ open, close, panel }: OverlayOptions): void {
  let overlay: Overlay | null = null;
  let noteClosed: (() => void) | null = null;

  async function begin(): Promise<void> {
    overlay = { close, element: () => panel?.() ?? null, opener: document.activeElement };
    noteClosed = noteOpen(overlay);
    const mine = overlay;
    await nextTick();
    if (overlay !== mine) return;
    holdBack();
    const element = panel?.();
    if (element && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
  }

  async function end(): Promise<void> {
    const mine = overlay;
    overlay = null;
    noteClosed?.();
    if (!mine) return;
    await nextTick();
    holdBack();
    if (panel) giveFocusBack(mine);
  }

  watch(open, (now, before) => void (now ? begin() : before && end()), { immediate: true, flush: "post" });
  onScopeDispose(() => void end());
}
