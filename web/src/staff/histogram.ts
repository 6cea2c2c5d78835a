/** The result of a quiz as bars: one per option, or one per bucket of numbers. Pure. */
import type { QuizCard, QuizResult } from "@shared/wire";

export interface Bar {
  label: string;
  count: number;
  /** Of all answers, 0 to 1. */
  share: number;
  /** Of the longest bar, 0 to 1: how long to draw it. */
  length: number;
  /** The right option, or the bucket that the right number lies in. */
  right: boolean;
}

export function bars(quiz: QuizCard, result: QuizResult, locale: string): Bar[] {
  const longest = Math.max(1, ...result.counts);
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const right = rightIndex(result);
  return result.counts.map((count, index) => ({
    label: labelOf(quiz, result, index, format),
    count,
    share: result.answers > 0 ? count / result.answers : 0,
    length: count / longest,
    right: index === right,
  }));
}

function labelOf(quiz: QuizCard, { edges }: QuizResult, index: number, format: Intl.NumberFormat): string {
  const from = edges?.[index];
  const to = edges?.[index + 1];
  if (from !== undefined && to !== undefined) return `${format.format(from)}–${format.format(to)}`;
  return quiz.options?.[index] ?? String(index + 1);
}

/** Buckets hold their lower edge; the last one holds its upper edge, too. */
function rightIndex({ correct_choice, correct_value, edges, counts }: QuizResult): number {
  if (correct_choice !== null) return correct_choice;
  if (correct_value === null || !edges || edges.length < 2) return -1;
  if (correct_value === edges.at(-1)) return counts.length - 1;
  return counts.findIndex(
    (_, index) => correct_value >= (edges[index] ?? Infinity) && correct_value < (edges[index + 1] ?? -Infinity),
  );
}
