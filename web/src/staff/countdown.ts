/** Where a quiz stands at a moment of the server's clock. Pure. */
import type { QuizCard } from "@shared/wire";

/** `deciding`: its time is over, or it was closed, and the result is on its way. */
export type QuizPhase = "open" | "deciding" | "decided";

export interface QuizMoment {
  phase: QuizPhase;
  /** Whole seconds left, rounded up, so that it says 1 until the end. */
  leftS: number;
  /** 1 at the start, 0 at the end. */
  leftShare: number;
}

export function quizMoment(quiz: QuizCard, nowMs: number): QuizMoment {
  if (quiz.result) return { phase: "decided", leftS: 0, leftShare: 0 };
  const wholeMs = Math.max(1, quiz.closes_ts - quiz.opens_ts);
  // Our idea of the server's clock may be a little behind the opening.
  const leftMs = Math.min(wholeMs, quiz.closes_ts - nowMs);
  if (quiz.status === "closed" || leftMs <= 0) return { phase: "deciding", leftS: 0, leftShare: 0 };
  return { phase: "open", leftS: Math.ceil(leftMs / 1000), leftShare: leftMs / wholeMs };
}
