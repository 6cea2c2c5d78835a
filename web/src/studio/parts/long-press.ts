/** A long press or a context click, as one gesture; a moving finger is scrolling and cancels it. */
const HOLD_MS = 450;
const SLACK_PX = 10;

export interface LongPress {
  onPointerdown: (event: PointerEvent) => void;
  onPointermove: (event: PointerEvent) => void;
  onPointerup: () => void;
  onPointercancel: () => void;
  onContextmenu: (event: Event) => void;
}

export function longPress(act: () => void): LongPress {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  const cancel = (): void => clearTimeout(timer);
  return {
    onPointerdown(event) {
      cancel();
      if (event.button !== 0) return;
      start = { x: event.clientX, y: event.clientY };
      timer = setTimeout(act, HOLD_MS);
    },
    onPointermove(event) {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > SLACK_PX) cancel();
    },
    onPointerup: cancel,
    onPointercancel: cancel,
    onContextmenu(event) {
      // Phones send this at the end of a long press of their own; either way it happens once.
      event.preventDefault();
      cancel();
      act();
    },
  };
}
