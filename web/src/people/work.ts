/** The work that a server wants of who asks unusually often (ALTCHA): done in the page, some hundred milliseconds, nothing to click. */
import type { Challenge } from "altcha/lib";
import { asRefusal, CODE } from "@shared/refusal";

/** Sends, and once more with the work done if that is asked for. Throws what `send` throws; 1115 where it cannot be done. */
export async function withWork<Answer>(send: (proof: string | null) => Promise<Answer>): Promise<Answer> {
  try {
    return await send(null);
  } catch (thrown) {
    const why = asRefusal(thrown);
    const challenge = why.code === CODE.proofNeeded ? why.part("proof", isChallenge) : null;
    if (challenge === null) throw thrown;
    const proof = await solved(challenge);
    if (proof === null) throw thrown;
    return send(proof);
  }
}

function isChallenge(value: unknown): value is Challenge {
  return typeof value === "object" && value !== null && "parameters" in value && "signature" in value;
}

/** Null where the browser cannot, as on plain HTTP, or has no time. */
async function solved(challenge: Challenge): Promise<string | null> {
  try {
    const { pbkdf2, solveChallenge } = await import("altcha/lib");
    const solution = await solveChallenge({ challenge, deriveKey: pbkdf2.deriveKey });
    return solution && btoa(JSON.stringify({ challenge, solution }));
  } catch {
    return null;
  }
}
