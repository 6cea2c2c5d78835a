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

/** In which bucket a number lies; -1 in none. Buckets hold their lower edge; the last one holds its upper edge, too. */
export function bucketOf(edges: readonly number[], value: number): number {
  const last = edges.length - 2;
  return edges.slice(0, -1).findIndex((from, index) => {
    const to = edges[index + 1] ?? from;
    return value >= from && (value < to || (index === last && value <= to));
  });
}

function rightIndex({ correct_choice, correct_value, edges }: QuizResult): number {
  if (correct_choice !== null) return correct_choice;
  return correct_value === null || !edges ? -1 : bucketOf(edges, correct_value);
}
