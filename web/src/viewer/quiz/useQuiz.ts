/**
 * The quiz of a room, for one person: open it, answer once, see how it came out, and whether we won.
 * Our answer is kept for the visit, with whose it is, so that a reload does not ask again; the server counts the first one in
 * any case.
 */
import { computed, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { Personal } from "@shared/personal";
import { asRefusal, CODE } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import { visit } from "@shared/store";
import type { CouponCard, QuizCard } from "@shared/wire";

export type Given = { choice: number } | { value: number } | "unknown";

/** `asking` > `sent` (or straight) > `closed` > `result` */
export type QuizPhase = "asking" | "sent" | "closed" | "result";

export interface Win {
  quiz: string;
  /** Null: of a quiz that the room does not show any more. */
  kind: QuizCard["kind"] | null;
  rank: number;
  /** There is one, known or not. */
  prize: boolean;
  coupon: CouponCard | null;
}

export interface Quiz {
  card: ComputedRef<QuizCard | null>;
  given: ComputedRef<Given | null>;
  phase: ComputedRef<QuizPhase | null>;
  sending: Readonly<Ref<boolean>>;
  win: ShallowRef<Win | null>;
  /** Sends an answer; throws Refusal if it was not taken. */
  answer: (given: { choice: number } | { value: number }) => Promise<void>;
  celebrate: (win: Pick<Win, "quiz" | "rank" | "coupon">) => void;
}

const STORE = "livehub.answers";
const KEPT_MAX = 20;

export function useQuiz(
  socket: LiveSocket,
  room: RoomSession,
  roomId: string,
  now: Readonly<Ref<number>>,
  personal: Personal,
): Quiz {
  const answers = personal.keep<[string, Given][]>(() => stored(personal.who()));
  const sending = shallowRef(false);
  const win = personal.keep<Win | null>(() => null);
  const celebrated = personal.keep(() => new Set<string>());
  const card = computed(() => room.view.value?.quiz ?? null);
  const given = computed(() => answers.value.find(([quiz]) => quiz === card.value?.id)?.[1] ?? null);

  const phase = computed<QuizPhase | null>(() => {
    const quiz = card.value;
    if (!quiz) return null;
    if (quiz.result) return "result";
    if (quiz.status === "closed" || now.value >= quiz.closes_ts) return "closed";
    return given.value ? "sent" : "asking";
  });

  function keep(quiz: string, what: Given): void {
    answers.value = [...answers.value.filter(([other]) => other !== quiz), [quiz, what] as [string, Given]].slice(
      -KEPT_MAX,
    );
    visit.setJson(STORE, { person: personal.who(), answers: answers.value });
  }

  return {
    card,
    given,
    phase,
    sending,
    win,
    async answer(what) {
      const quiz = card.value?.id;
      if (!quiz || sending.value) return;
      sending.value = true;
      const isMine = personal.asking();
      try {
        await socket.emit("answer", { room: roomId, quiz, ...what });
        if (isMine()) keep(quiz, what);
      } catch (thrown) {
        // Answered before, on another device or in an answer whose acknowledgement got lost: which one counts we don't know.
        if (asRefusal(thrown).code !== CODE.alreadyAnswered) throw thrown;
        if (isMine()) keep(quiz, "unknown");
      } finally {
        sending.value = false;
      }
    },
    celebrate(won) {
      const asked = card.value?.id === won.quiz ? card.value : null;
      const next: Win = {
        ...won,
        kind: asked?.kind ?? null,
        prize: won.coupon !== null || (asked?.prize ?? null) !== null,
      };
      // The result in the room and the message to us both tell; celebrate once, and let the later one complete the first.
      if (!celebrated.value.has(next.quiz)) win.value = next;
      else if (win.value?.quiz === next.quiz && next.coupon) win.value = next;
      celebrated.value.add(next.quiz);
    },
  };
}

function stored(person: string | null): [string, Given][] {
  const kept = visit.getJson(STORE) as { person?: unknown; answers?: unknown } | null;
  return kept?.person === person && Array.isArray(kept.answers)
    ? (kept.answers as [string, Given][]).slice(-KEPT_MAX)
    : [];
}
