/**
 * What experts of a room do: answer its questions. Whether one is any is asked once per visit and person, and again after an
 * invitation was accepted, or the room says that it changed.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { usePersonal } from "@app/personal";
import { useSocket } from "@app/socket";
import { useSession } from "@app/useSession";
import { call } from "@shared/api";
import type { QuestionRow } from "@shared/api-types";
import type { Control, Staff } from "@shared/wire";

/** Grows with each invitation that was accepted on this page. */
export const accepted = shallowRef(0);

export interface Expert {
  mayAnswer: ComputedRef<boolean>;
  /** The oldest first; null until they were loaded. */
  open: Readonly<ShallowRef<readonly QuestionRow[] | null>>;
  failed: Readonly<ShallowRef<boolean>>;
  load: () => Promise<void>;
  /** Throws Refusal. */
  answer: (question: string, text: string) => Promise<void>;
}

/** Within an effect scope. */
export function useExpert(room: string): Expert {
  const session = useSession();
  const personal = usePersonal();
  const { socket } = useSocket();
  const kind = personal.keep<string | null>(() => null);
  const open = personal.keep<readonly QuestionRow[] | null>(() => null);
  const failed = personal.keep(() => false);
  const mayAnswer = computed(() => kind.value !== null);
  const path = { room };

  async function look(): Promise<void> {
    if (!session.isSignedIn) return;
    const isMine = personal.asking();
    const page = await call("GET /api/rooms/{room}", { path }).catch(() => null);
    if (page && isMine()) kind.value = page.you;
  }

  async function load(): Promise<void> {
    if (!mayAnswer.value) return;
    const isMine = personal.asking();
    try {
      const list = await call("GET /api/rooms/{room}/questions", { path, query: { status: "open" } });
      if (!isMine()) return;
      open.value = list.questions;
      failed.value = false;
    } catch {
      if (isMine()) failed.value = open.value === null;
    }
  }

  const stops = [
    socket.on("control", ({ room: where, data }: Control) => {
      if (where !== room) return;
      if (data.type === "host" && data.user === session.person?.id) kind.value = data.kind;
      else if (data.type === "question" && mayAnswer.value) void load();
    }),
    socket.on("staff", ({ room: where, type }: Staff) => {
      if (where === room && type === "question") void load();
    }),
  ];
  personal.onChange(() => void look());
  watch(accepted, () => void look());
  watch(mayAnswer, () => void load());
  onScopeDispose(() => {
    for (const stop of stops) stop();
  });
  void look();

  return {
    mayAnswer,
    open,
    failed,
    load,
    async answer(question, text) {
      await call("POST /api/rooms/{room}/questions/{question}/answer", {
        path: { room, question },
        body: { answer: text },
      });
      open.value = (open.value ?? []).filter(({ id }) => id !== question);
    },
  };
}
