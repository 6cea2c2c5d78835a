/** Whether a code that was read is of a batch of ours, as far as can be known now. Pure but for what it asks. */
import { asRefusal, CODE, isUnknown } from "@shared/refusal";
import type { LotCode } from "../codes";

/** Why it is not taken: keys of `field.code.fault.*`. */
export type NotOurs = "foreign" | "foreignUnchecked" | "unknown" | "box";

export interface Asked {
  /** Where this page is. */
  host: string;
  /** Whether this phone knows the lot, since it has seen or made it. */
  isKnown: (code: LotCode) => boolean;
  /** The server's word: the batch, or null. Throws Refusal. */
  find: (code: LotCode) => Promise<string | null>;
}

/** Null: it is taken. Without the server a code that leads to us is, and looked at when it is sent. */
export async function notOurs(code: LotCode, { host, isKnown, find }: Asked): Promise<NotOurs | null> {
  if (code.serial === null && isKnown(code)) return null;
  const isForeign = code.host !== null && code.host !== host.toLowerCase();
  try {
    return (await find(code)) === null ? (isForeign ? "foreign" : "unknown") : null;
  } catch (thrown) {
    const refusal = asRefusal(thrown);
    if (refusal.code === CODE.boxNotFound) return isForeign ? "foreign" : "box";
    const isAway = isUnknown(refusal) || refusal.code === CODE.tooFast || refusal.code === CODE.overloaded;
    if (!isAway) return isForeign ? "foreign" : "unknown";
    return isForeign && !isKnown(code) ? "foreignUnchecked" : null;
  }
}
