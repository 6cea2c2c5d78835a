/**
 * Asking the server something that must happen once, until it has answered: the same question (`send`, with the same key)
 * again whenever there is no answer, or none that says how it came out. The first answer counts, whichever question it is to.
 */
import { backoffMs } from "@shared/backoff";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";

/** So long a button may turn; then the page says that it is still asking. */
export const STILL_MS = 3_000;
/** Between two questions while nothing is heard: a quarter more or less, so not before the page says so. */
const AGAIN = { minMs: 4_000, maxMs: 8_000 };
/** After so many questions it is the person's turn to ask again; the key stays. */
const QUESTIONS_MAX = 12;

/** Answers that leave open how it came out, or that only say "later". */
const OPEN: readonly number[] = [
  CODE.noAnswer,
  CODE.offline,
  CODE.tooFast,
  CODE.unavailable,
  CODE.overloaded,
  CODE.internal,
];

export interface AskingSource<Reply> {
  send: () => Promise<Reply>;
  /** Something can be done about this refusal, and then it is worth asking again: resolves when it is done. */
  remedy?: (refusal: Refusal) => Promise<void> | null;
  onStill?: () => void;
  /** The server is busy, and is asked again in so many ms. */
  onBusy?: (waitMs: number) => void;
}

export interface Asking<Reply> {
  /** Rejects with a Refusal: a final one, or one of OPEN when it was asked often enough. */
  answer: Promise<Reply>;
  /** Asks again at once: somebody pressed the button, or the connection is back. */
  again: () => void;
}

export function isOpen(refusal: Refusal): boolean {
  return OPEN.includes(refusal.code);
}

export function createAsking<Reply>({ send, remedy, onStill, onBusy }: AskingSource<Reply>): Asking<Reply> {
  let resolve: (reply: Reply) => void = () => undefined;
  let reject: (refusal: Refusal) => void = () => undefined;
  const answer = new Promise<Reply>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  let questions = 0;
  let done = false;
  /** The latest question waits for its remedy: nothing else is to be asked meanwhile. */
  let mending = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stillTimer = setTimeout(() => onStill?.(), STILL_MS);

  function finish(how: () => void): void {
    if (done) return;
    done = true;
    clearTimeout(timer);
    clearTimeout(stillTimer);
    how();
  }

  function later(waitMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(ask, waitMs);
  }

  function ask(): void {
    if (done || mending) return;
    const number = ++questions;
    if (number < QUESTIONS_MAX) later(backoffMs(number - 1, AGAIN, Math.random()));
    else clearTimeout(timer);
    send().then(
      (reply) => finish(() => resolve(reply)),
      (thrown: unknown) => void refused(asRefusal(thrown), number),
    );
  }

  async function refused(refusal: Refusal, number: number): Promise<void> {
    if (done || mending) return;
    const mended = remedy?.(refusal) ?? null;
    if (mended) {
      mending = true;
      clearTimeout(timer);
      try {
        await mended;
        mending = false;
        ask();
      } catch (thrown) {
        mending = false;
        await refused(asRefusal(thrown), questions);
      }
    } else if (!isOpen(refusal)) {
      finish(() => reject(refusal));
    } else if (number === questions) {
      if (number >= QUESTIONS_MAX) finish(() => reject(refusal));
      else if (refusal.retryAfterMs !== null) {
        onBusy?.(refusal.retryAfterMs);
        later(refusal.retryAfterMs * (1 + Math.random() / 4));
      }
      // Otherwise the next question is due anyway.
    }
  }

  ask();
  return { answer, again: ask };
}
