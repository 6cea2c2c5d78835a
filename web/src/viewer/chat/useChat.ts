/** Saying something: what may stop a line (sign-in, mute, slow mode), and what became of it (shown, held for a moderator). */
import { computed, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { asRefusal, CODE } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";

/** Something of ours that a moderator looks at first. */
export interface HeldLine {
  id: string;
  text: string;
}

export interface Chat {
  /** Until when (server time, ms) slow mode or a rate limit makes us wait. */
  waitUntil: Readonly<ShallowRef<number>>;
  mutedUntil: ComputedRef<number>;
  held: Readonly<ShallowRef<readonly HeldLine[]>>;
  sending: Readonly<Ref<boolean>>;
  /** Sends a line; throws Refusal. */
  say: (text: string) => Promise<void>;
  report: (line: string) => Promise<void>;
}

const HELD_MAX = 5;
const HELD_SHOWN_MS = 20_000;

export function useChat(socket: LiveSocket, room: RoomSession, roomId: string): Chat {
  const waitUntil = shallowRef(0);
  const mutedByRefusal = shallowRef(0);
  const held = shallowRef<HeldLine[]>([]);
  const sending = shallowRef(false);

  // A wait that was counted by the old pace is no longer asked for; if there still is one, the server says so.
  watch(
    () => room.view.value?.slow_mode_s,
    () => (waitUntil.value = 0),
  );

  function learn(thrown: unknown): void {
    const { code, retryAfterMs } = asRefusal(thrown);
    const until = room.serverNow() + (retryAfterMs ?? 1_000);
    if (code === CODE.slowMode || code === CODE.tooFast) waitUntil.value = until;
    if (code === CODE.muted) mutedByRefusal.value = until;
  }

  function hold(line: HeldLine): void {
    held.value = [...held.value, line].slice(-HELD_MAX);
    setTimeout(() => {
      held.value = held.value.filter((other) => other !== line);
    }, HELD_SHOWN_MS);
  }

  return {
    waitUntil,
    mutedUntil: computed(() => room.mutedUntil.value || mutedByRefusal.value),
    held,
    sending,
    async say(text) {
      sending.value = true;
      try {
        const done = await socket.emit("chat", { room: roomId, text });
        if (done.held) hold({ id: done.id, text });
        const slow = room.view.value?.slow_mode_s ?? 0;
        if (slow > 0) waitUntil.value = room.serverNow() + slow * 1_000;
      } catch (thrown) {
        learn(thrown);
        throw thrown;
      } finally {
        sending.value = false;
      }
    },
    async report(line) {
      await socket.emit("report", { room: roomId, line });
    },
  };
}
