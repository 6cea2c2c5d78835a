/**
 * Taps on the heart, sent together: the first tap starts a short wait, and all taps of that time go in one message.
 * A like is not worth a retry: what the server refuses or the network loses is dropped, and sending rests as long as asked.
 */
import { asRefusal } from "@shared/refusal";

export interface LikeBatch {
  tap: (n?: number) => void;
  /** Sends what waits, at once; nothing is sent afterwards. */
  close: () => void;
}

/** The server takes this many in one message. */
export const LIKES_PER_MESSAGE_MAX = 100;
const EVERY_MS = 400;
/** A person cannot tap this much in the time it takes to send; more is a machine. */
const WAITING_MAX = 300;

export function createLikeBatch(send: (n: number) => Promise<unknown>): LikeBatch {
  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function flush(): void {
    timer = undefined;
    const n = Math.min(waiting, LIKES_PER_MESSAGE_MAX);
    if (n === 0) return;
    waiting -= n;
    send(n).catch((thrown: unknown) => rest(asRefusal(thrown).retryAfterMs ?? 0));
    if (waiting > 0 && !closed) schedule(EVERY_MS);
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(flush, ms);
  }

  function rest(ms: number): void {
    if (ms > EVERY_MS && !closed) schedule(ms);
  }

  return {
    tap(n = 1) {
      if (closed) return;
      waiting = Math.min(WAITING_MAX, waiting + n);
      if (timer === undefined) schedule(EVERY_MS);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      flush();
    },
  };
}

/** How many hearts rise at once for so many likes of others: some for a few, more for many, never a storm. */
export function heartsFor(likes: number): number {
  return likes <= 0 ? 0 : Math.min(5, Math.ceil(Math.log2(likes + 1)));
}
