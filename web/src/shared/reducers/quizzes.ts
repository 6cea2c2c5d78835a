/** The quiz; the same rules as in livehub/hub/quizzes/room_messages.py. */
import type { QuizCard, RoomView } from "../wire";
import type { Reducers } from "./types";

export const QUIZZES = {
  quiz_open: (view, { quiz }) => ({ ...view, quiz }),
  quiz_close: (view, { quiz }) => changed(view, quiz, { status: "closed" }),
  quiz_result: (view, { quiz, result }) => changed(view, quiz, { status: "closed", result }),
} satisfies Reducers;

function changed(view: RoomView, id: string, change: Partial<QuizCard>): RoomView {
  return view.quiz?.id === id ? { ...view, quiz: { ...view.quiz, ...change } } : view;
}
