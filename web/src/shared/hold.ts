/** Holds a room's messages back until the picture reaches them: the queues and the timer around in-step.ts. */
import { dueCount, isUrgent, waitingControl, waitingLine, type Waiting } from "./in-step";
import { moderated } from "./reduce";
import type { ChatLine, Control } from "./wire";

/** Looked at so often while something waits: finer than anybody sees. */
const LOOK_EVERY_MS = 100;

export interface HoldOptions {
  me: () => string | null;
  now: () => number;
  pictureTs: () => number | null;
  showControl: (control: Control) => void;
  showLines: (lines: ChatLine[]) => void;
}

export interface Hold {
  control: (control: Control) => void;
  /** Lines of a tick. One's own are shown at once: who has said something wants to see it said. */
  lines: (lines: ChatLine[]) => void;
  /** Shows what waits. */
  flush: () => void;
  /** Forgets what waits. */
  drop: () => void;
}

export function createHold({ me, now, pictureTs, showControl, showLines }: HoldOptions): Hold {
  let controls: Waiting<Control>[] = [];
  let chats: Waiting<ChatLine>[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(dueControls: number, dueChats: number): void {
    // Taken out first: showing one may lead to a flush.
    const shown = controls.slice(0, dueControls);
    const said = chats.slice(0, dueChats);
    controls = controls.slice(dueControls);
    chats = chats.slice(dueChats);
    if (said.length > 0) showLines(said.map(({ item }) => item));
    for (const { item } of shown) showControl(item);
  }

  function look(): void {
    clearTimeout(timer);
    timer = undefined;
    const nowTs = now();
    const picture = pictureTs();
    show(dueCount(controls, nowTs, picture), dueCount(chats, nowTs, picture));
    if (controls.length + chats.length > 0) timer ??= setTimeout(look, LOOK_EVERY_MS);
  }

  function flush(): void {
    show(controls.length, chats.length);
  }

  return {
    flush,
    drop() {
      clearTimeout(timer);
      timer = undefined;
      controls = [];
      chats = [];
    },
    control(control) {
      const urgent = isUrgent(control);
      if (urgent === null) {
        controls.push(waitingControl(control));
        look();
        return;
      }
      if (urgent === "all") flush();
      // What a moderator takes away is not to be shown after that either.
      const kept = new Set(
        moderated(
          chats.map(({ item }) => item),
          control.data,
        ),
      );
      chats = chats.filter(({ item }) => kept.has(item));
      showControl(control);
    },
    lines(lines) {
      const own = me();
      const mine = lines.filter((line) => line.user === own);
      const others = lines.filter((line) => line.user !== own);
      if (mine.length > 0) showLines(mine);
      if (others.length === 0) return;
      chats.push(...others.map(waitingLine));
      look();
    },
  };
}
