/**
 * One's own questions in a room, and what became of them. Asked of the server once somebody looks, again after each answer in
 * the room while one of ours waits and after each return (nothing else tells that one was put aside), and filled in at once with what is known here.
 */
import { onScopeDispose, watch, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { OwnQuestion } from "@shared/api-types";
import type { Personal } from "@shared/personal";
import { useLeaving } from "@shared/useLeaving";
import type { Question } from "@shared/wire";
import { answered, asked, merged } from "./own-questions";

export interface Own {
  items: Readonly<ShallowRef<readonly OwnQuestion[]>>;
  /** They could not be had, and nothing is known of them. */
  failed: Readonly<ShallowRef<boolean>>;
  /** Asks the server. */
  look: () => Promise<void>;
  /** One was sent. */
  sent: (id: string, text: string, nowTs: number) => void;
  /** The host has answered one of the room's. */
  heard: (question: Question) => void;
}

/** Everybody who waits hears of the same answer in the same moment. */
const SPREAD_MS = 4_000;

/** `returns`: how often the room was come back to (RoomSession). */
export function useOwnQuestions(room: string, personal: Personal, returns: () => number): Own {
  const signal = useLeaving();
  const items = personal.keep<readonly OwnQuestion[]>(() => []);
  const failed = personal.keep(() => false);
  let wanted = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  async function look(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    wanted = true;
    if (personal.who() === null) return;
    const mine = ++round;
    const isMine = personal.asking();
    try {
      const page = await call("GET /api/rooms/{room}/questions/mine", { path: { room }, signal });
      if (mine !== round || !isMine()) return;
      items.value = merged(items.value, page.items);
      failed.value = false;
    } catch {
      if (mine === round && isMine()) failed.value = items.value.length === 0;
    }
  }

  function lookSoon(): void {
    timer ??= setTimeout(() => void look(), Math.random() * SPREAD_MS);
  }

  // One that was sent as the connection broke is there, and nobody said so.
  watch(returns, () => wanted && lookSoon());
  // What was shown of somebody else is gone already.
  watch(personal.who, () => wanted && void look());
  onScopeDispose(() => {
    round++;
    clearTimeout(timer);
  });

  return {
    items,
    failed,
    look,
    sent: (id, text, nowTs) => (items.value = asked(items.value, id, text, nowTs)),
    heard(question) {
      items.value = answered(items.value, question);
      if (!items.value.some(({ state }) => state === "waiting")) return;
      lookSoon();
    },
  };
}
