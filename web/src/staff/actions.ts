/**
 * Requests that change something, safe against double taps and lost answers.
 *
 * An action has a name ("demo/pin:abc", "room"). While it runs, running it again does nothing. When no answer came, nobody
 * knows whether it happened: the next run with the same body sends the same Idempotency-Key, so it happens once (once.ts).
 */
import { shallowReactive } from "vue";
import type { Outcome } from "@kit/forms/outcome";
import type { Once } from "@shared/once";
import { asRefusal, type Refusal } from "@shared/refusal";

export interface Actions {
  /** Runs `send` unless this action runs already; `refusal` is null then. */
  run: <Reply>(name: string, body: unknown, send: (key: string) => Promise<Reply>) => Promise<Outcome<Reply>>;
  /** Reactive: whether it runs now. */
  busy: (name: string) => boolean;
}

export function createActions({ once }: Once, onRefusal: (refusal: Refusal, name: string) => void): Actions {
  const running = shallowReactive(new Set<string>());
  return {
    busy: (name) => running.has(name),
    async run(name, body, send) {
      if (running.has(name)) return { ok: false, refusal: null };
      running.add(name);
      try {
        return { ok: true, reply: await once(name, body, send) };
      } catch (thrown) {
        const refusal = asRefusal(thrown);
        onRefusal(refusal, name);
        return { ok: false, refusal };
      } finally {
        running.delete(name);
      }
    },
  };
}
