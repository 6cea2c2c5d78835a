/** What a check finds. */
import type { Difference } from "./shown";

export type State = "right" | "wrong" | "open" | "told";

export interface Line {
  state: State;
  /** Which sentence says it (words.ts), and what stands in it. */
  says: string;
  values: Record<string, string>;
  differences?: Difference[];
  reason?: string;
  /** Which entry it is about. */
  leaf?: number;
}

/** What this browser keeps: the newest checkpoint that was verified, and that those before lead to. */
export interface Remembered {
  key: string;
  note: string;
  at: string;
}

export interface Report {
  verdict: "right" | "wrong" | "open";
  lines: Line[];
  /** To be kept from now on; null: what is kept stays. */
  remember: Remembered | null;
  /** Milliseconds that checking took, without waiting for answers. */
  ms: number;
}

export type Say = (state: State, says: string, values?: Record<string, string>, more?: Partial<Line>) => void;

/** Green is only what was compared, and only where nothing is left open. */
export function verdictOf(lines: readonly Line[]): Report["verdict"] {
  const has = (state: State): boolean => lines.some((line) => line.state === state);
  // A log that is in order says nothing of a page whose entries are not there yet.
  const isCompared = lines.some(({ state, says }) => state === "right" && (says === "head" || says === "event"));
  if (has("wrong")) return "wrong";
  return has("open") || !isCompared ? "open" : "right";
}
