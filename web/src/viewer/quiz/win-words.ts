/** How a win is told: "prize" only where there is one, "right" only where it is. Pure. */
import type { QuizCard } from "@shared/wire";

export interface WinWords {
  /** Below `viewer.quiz`. */
  key: "youWon" | "placed.other" | "first.choice" | "first.number" | "placed.choice" | "placed.number";
  values: { rank: number };
}

/** `kind` null: not known any more. */
export function winWords(kind: QuizCard["kind"] | null, prize: boolean, rank: number): WinWords {
  const values = { rank };
  if (prize) return { key: "youWon", values };
  if (kind === null) return { key: "placed.other", values };
  return { key: `${rank === 1 ? "first" : "placed"}.${kind}`, values };
}
