/** The answers to a quiz of options as bars, one per option. Pure. */
import type { QuizCard, QuizResult } from "@shared/wire";

export interface Bar {
  label: string;
  count: number;
  /** Of all answers, 0 to 1: how long to draw it. */
  share: number;
  right: boolean;
}

type Told = Pick<QuizResult, "answers" | "counts" | "correct_choice">;

export function bars({ options }: Pick<QuizCard, "options">, { answers, counts, correct_choice }: Told): Bar[] {
  return counts.map((count, index) => ({
    label: options?.[index] ?? String(index + 1),
    count,
    share: answers > 0 ? count / answers : 0,
    right: index === correct_choice,
  }));
}
