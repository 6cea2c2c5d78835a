/** Saying something: what may stop a line (sign-in, mute, slow mode), and what became of it (shown, held for a moderator). */
import { watch, type ShallowRef } from "vue";
import type { Personal } from "@shared/personal";
import { asRefusal, CODE } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import type { ControlData } from "@shared/wire";

/** Something of ours that a moderator looks at first. */
export interface HeldLine {
  id: string;
  text: string;
}

export interface Chat {
  /** Until when (server time, ms) slow mode or a rate limit makes us wait. */
  waitUntil: Readonly<ShallowRef<number>>;
  /** Until when we are muted; 0 when we are not, as far as we know. */
  mutedUntil: Readonly<ShallowRef<number>>;
  held: Readonly<ShallowRef<readonly HeldLine[]>>;
  /** Sends a line; throws Refusal. */
  say: (text: string) => Promise<void>;
  report: (line: string) => Promise<void>;
  /** Takes note of what a moderator does to us. */
  moderate: (data: ControlData) => void;
}

const HELD_MAX = 5;
const HELD_SHOWN_MS = 20_000;

export function useChat(socket: LiveSocket, room: RoomSession, roomId: string, personal: Personal): Chat {
  const waitUntil = personal.keep(() => 0);
  const mutedUntil = personal.keep(() => 0);
  const held = personal.keep<readonly HeldLine[]>(() => []);

  // A wait that was counted by the old pace is no longer asked for; if there still is one, the server says so.
  watch(
    () => room.view.value?.slow_mode_s,
    () => (waitUntil.value = 0),
  );

  function learn(thrown: unknown): void {
    const { code, retryAfterMs } = asRefusal(thrown);
    const until = room.serverNow() + (retryAfterMs ?? 1_000);
    if (code === CODE.slowMode || code === CODE.tooFast) waitUntil.value = until;
    if (code === CODE.muted) mutedUntil.value = until;
  }

  function hold(line: HeldLine): void {
    held.value = [...held.value, line].slice(-HELD_MAX);
    setTimeout(() => {
      held.value = held.value.filter((other) => other !== line);
    }, HELD_SHOWN_MS);
  }

  return {
    waitUntil,
    mutedUntil,
    held,
    async say(text) {
      const isMine = personal.asking();
      try {
        const done = await socket.emit("chat", { room: roomId, text });
        if (!isMine()) return;
        if (done.held) hold({ id: done.id, text });
        const slow = room.view.value?.slow_mode_s ?? 0;
        if (slow > 0) waitUntil.value = room.serverNow() + slow * 1_000;
      } catch (thrown) {
        if (isMine()) learn(thrown);
        throw thrown;
      }
    },
    async report(line) {
      await socket.emit("report", { room: roomId, line });
    },
    moderate(data) {
      if (data.type === "mute" && data.user === personal.who()) mutedUntil.value = data.until_ts;
    },
  };
}
