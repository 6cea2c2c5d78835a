/** Where a fact stands between "told" and "on a chain", and where its receipt is. Pure. */
import type { ChainState } from "@shared/api-types";
import type { Tone } from "../selling/tones";

export type ProofState = "waiting" | "logged" | "anchored" | "development";

/** A chain for development proves nothing: it is never said to be anchored. */
export function proofState(chain: ChainState): ProofState {
  if (chain.leaf === null) return "waiting";
  if (chain.state !== "anchored") return "logged";
  return chain.is_development ? "development" : "anchored";
}

export function proofTone(state: ProofState): Tone {
  return { waiting: "warn", logged: "plain", anchored: "good", development: "warn" }[state] as Tone;
}

/** A receipt of the log (c2sp.org/tlog-proof). */
export const receiptPath = (leaf: number): string => `/log/proof/${leaf}`;

/** A transaction in short: 0x1234…abcd. */
export function shortTx(tx: string): string {
  return tx.length > 20 ? `${tx.slice(0, 10)}…${tx.slice(-6)}` : tx;
}
