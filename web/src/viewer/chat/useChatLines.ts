/** The lines on the screen: what the room gathered, taken over at a steady pace and thinned to what can be read. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { useWide } from "@kit/useScreen";
import { moderated } from "@shared/reduce";
import type { RoomSession } from "@shared/room";
import type { ChatLine, ControlData } from "@shared/wire";
import { readable } from "./readable";

/** One change of the list per so long, and so many lines in it: about eight lines a second on a phone. */
const EVERY_MS = 400;
const PHONE_LINES = 3;
const DESK_LINES = 6;
const KEPT_MAX = 100;

export interface ChatLines {
  lines: Readonly<ShallowRef<readonly ChatLine[]>>;
  /** A moderator took something away; it goes at once. */
  moderate: (data: ControlData) => void;
}

export function useChatLines(room: RoomSession, me: () => string | null): ChatLines {
  const lines = shallowRef<ChatLine[]>([]);
  const wide = useWide();
  let seen = new Set<string>();
  let lastAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function take(): void {
    timer = undefined;
    lastAt = Date.now();
    const all = room.chats.value;
    const fresh = all.filter((line) => !seen.has(line.id));
    seen = new Set(all.map((line) => line.id));
    if (fresh.length === 0) return;
    // The first lines are a history: as much of it as is kept, for who scrolls up.
    const max = lines.value.length === 0 ? KEPT_MAX : wide.value ? DESK_LINES : PHONE_LINES;
    lines.value = [...lines.value, ...readable(fresh, max, me())].slice(-KEPT_MAX);
  }

  watch(
    room.chats,
    () => {
      // Quiet rooms show a line at once; busy ones wait for the pace.
      timer ??= setTimeout(take, Math.max(0, lastAt + EVERY_MS - Date.now()));
    },
    { immediate: true },
  );
  // What a moderator took away meanwhile, nobody told.
  watch(room.renewals, () => {
    clearTimeout(timer);
    seen = new Set();
    lines.value = [];
    take();
  });
  onScopeDispose(() => clearTimeout(timer));

  return {
    lines,
    moderate(data) {
      if (data.type === "chat_restore") seen.add(data.line.id); // it is put back here, and does not come as a new one
      lines.value = moderated(lines.value, data);
    },
  };
}
