/** Answered questions and slow mode; the same rules as in livehub/hub/chat/room_messages.py. */
import type { Reducers } from "./types";

/** Of a server that does not say it in the snapshot yet. */
export const QUESTIONS_MAX = 50;

export const CHAT = {
  question: (view, { question }, { questions_max = QUESTIONS_MAX }) => ({
    ...view,
    questions: [question, ...view.questions.filter((other) => other.id !== question.id)].slice(0, questions_max),
  }),
  slow_mode: (view, { seconds }) => ({ ...view, slow_mode_s: seconds }),
} satisfies Reducers;
