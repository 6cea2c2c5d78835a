/** GETs of the server that this page is from. */
import { Away } from "./checking";

const WITHIN_MS = 20_000;

export async function ask(path: string): Promise<string> {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(WITHIN_MS) });
    if (!answer.ok) throw new Away(`${answer.status}`);
    return await answer.text();
  } catch (error) {
    throw error instanceof Away ? error : new Away(String(error));
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
