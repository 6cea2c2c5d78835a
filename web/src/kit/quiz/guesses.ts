/** How guesses are laid out on their axis. Pure. */
import type { QuizCard, QuizResult } from "@shared/wire";

export interface Axis {
  low: number;
  high: number;
}

export interface Column {
  low: number;
  high: number;
  count: number;
  /** The right answer, ours: whether they are among these. */
  correct: boolean;
  mine: boolean;
}

/** Around the right answer of a quiz without a range, which nobody answered: this share of it at both sides, or steps. */
const AROUND = 0.5;
const STEPS_AROUND = 5;

type Asked = Pick<QuizCard, "min_value" | "max_value" | "step">;
type Told = Pick<QuizResult, "answers" | "counts" | "edges" | "correct_value">;

/** Over all guesses and the right answer; of a quiz that nobody answered, over what could have been guessed. */
export function axisOf({ min_value, max_value, step }: Asked, { answers, edges, correct_value }: Told): Axis {
  const correct = correct_value ?? 0;
  const reach = Math.max(Math.abs(correct) * AROUND, (step ?? 1) * STEPS_AROUND);
  const guessed = answers > 0 && edges ? edges : [];
  const asked =
    answers > 0
      ? []
      : [min_value ?? Math.max(correct - reach, correct < 0 ? -Infinity : 0), max_value ?? correct + reach];
  const all = [...guessed, ...asked, ...(correct_value === null ? [] : [correct_value])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  // All have guessed the same, and rightly: it stands in the middle.
  return low < high ? { low, high } : { low: low - (step ?? 1), high: high + (step ?? 1) };
}

/** The columns, as many as there are counts; none of a quiz that nobody answered. */
export function columnsOf(
  { answers, counts, edges, correct_value }: Told,
  mine: number | null,
  step: number,
): Column[] {
  if (answers === 0 || !edges) return [];
  const at = (value: number | null): number => (value === null ? -1 : bucketOf(edges, value));
  const [right, own] = [at(correct_value), at(mine)];
  return counts.map((count, index) => {
    const [from, to] = [edges[index] ?? 0, edges[index + 1] ?? 0];
    // One value has no width of its own.
    const [low, high] = from < to ? [from, to] : [from - step / 2, to + step / 2];
    return { low, high, count, correct: index === right, mine: index === own };
  });
}

/** Where a value stands on the axis, in [0, 1]. */
export function placeOn({ low, high }: Axis, value: number): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/** In which bucket a number lies; -1 in none. Buckets hold their lower edge; the last one holds its upper edge, too. */
function bucketOf(edges: readonly number[], value: number): number {
  const last = edges.length - 2;
  return edges.slice(0, -1).findIndex((from, index) => {
    const to = edges[index + 1] ?? from;
    return value >= from && (value < to || (index === last && value <= to));
  });
}
