/** Liking: our own taps go out in batches and count at once; likes of others make hearts rise. */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from "vue";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import { createLikeBatch, heartsFor } from "./like-batch";

export type HeartListener = (count: number, own: boolean) => void;

export interface Likes {
  /** Never goes down while the page is open: our taps are in it before the server's total is. */
  total: ComputedRef<number>;
  like: () => void;
  onHearts: (listener: HeartListener) => void;
}

/** Likes of others are gathered this long; ticks come more often than hearts should. */
const OTHERS_EVERY_MS = 600;

export function useLikes(socket: LiveSocket, room: RoomSession, roomId: string): Likes {
  const listeners = new Set<HeartListener>();
  const ownUnseen = shallowRef(0);
  const highest = shallowRef(0);
  const batch = createLikeBatch((n) => socket.emit("like", { room: roomId, n }));
  let others = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => {
    batch.close();
    clearTimeout(timer);
  });

  watch(room.likes, (now, before) => {
    const fromOthers = Math.max(0, now - before - ownUnseen.value);
    ownUnseen.value = Math.max(0, ownUnseen.value - (now - before));
    highest.value = Math.max(highest.value, now);
    // The first total is a history, not an event.
    if (before === 0 || fromOthers === 0) return;
    others += fromOthers;
    timer ??= setTimeout(showOthers, OTHERS_EVERY_MS);
  });

  function showOthers(): void {
    timer = undefined;
    tell(heartsFor(others), false);
    others = 0;
  }

  function tell(count: number, own: boolean): void {
    if (count > 0) for (const listener of listeners) listener(count, own);
  }

  return {
    total: computed(() => Math.max(highest.value, room.likes.value + ownUnseen.value)),
    like() {
      batch.tap();
      ownUnseen.value++;
      highest.value = Math.max(highest.value, room.likes.value + ownUnseen.value);
      tell(1, true);
    },
    onHearts(listener) {
      listeners.add(listener);
      onScopeDispose(() => listeners.delete(listener));
    },
  };
}
