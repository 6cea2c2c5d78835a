/** A long press or a context click, as one gesture; a moving finger is scrolling and cancels it. */
const HOLD_MS = 450;
const SLACK_PX = 10;

export interface LongPress {
  /** For v-on. */
  listeners: {
    pointerdown: (event: PointerEvent) => void;
    pointermove: (event: PointerEvent) => void;
    pointerup: () => void;
    pointercancel: () => void;
    contextmenu: (event: Event) => void;
    keydown: () => void;
  };
  /** Whether a click is one, and not the end of a long press. Some presses end without a click; the next one is its own. */
  isTap: (click: MouseEvent) => boolean;
}

export function longPress(act: () => void): LongPress {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  /** It has acted, in the press that is going on or was the last. */
  let acted = false;
  const cancel = (): void => clearTimeout(timer);
  function once(): void {
    cancel();
    if (!acted) act();
    acted = true;
  }
  return {
    listeners: {
      pointerdown(event) {
        cancel();
        acted = false;
        if (event.button !== 0) return;
        start = { x: event.clientX, y: event.clientY };
        timer = setTimeout(once, HOLD_MS);
      },
      pointermove(event) {
        if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > SLACK_PX) cancel();
      },
      pointerup: cancel,
      pointercancel: cancel,
      contextmenu(event) {
        // Phones send this in a long press of their own, before or after ours.
        event.preventDefault();
        once();
      },
      // The menu key, or Shift and F10, come without a press.
      keydown: () => (acted = false),
    },
    // A keyboard's click comes without a press.
    isTap: (click) => click.detail === 0 || !acted,
  };
}
