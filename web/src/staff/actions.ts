/**
 * Requests that change something, safe against double taps and lost answers.
 *
 * An action has a name ("pin:abc", "coupon"). While it runs, running it again does nothing. When no answer came, nobody
 * knows whether it happened: the next run with the same body sends the same Idempotency-Key, so it happens once.
 */
import { shallowReactive } from "vue";
import type { Outcome } from "@kit/forms/outcome";
import { newKey } from "@shared/api";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";

/** Outcomes that leave open whether the request was carried out. */
const UNKNOWN: readonly number[] = [CODE.noAnswer, CODE.offline, CODE.unavailable, CODE.internal];
/** Keys remembered for a retry; the oldest goes. */
const KEYS_MAX = 50;

export interface Actions {
  /** Runs `send` unless this action runs already; `refusal` is null then. */
  run: <Reply>(name: string, body: unknown, send: (key: string) => Promise<Reply>) => Promise<Outcome<Reply>>;
  /** Reactive: whether it runs now. */
  busy: (name: string) => boolean;
}

export function createActions(onRefusal: (refusal: Refusal, name: string) => void): Actions {
  const running = shallowReactive(new Set<string>());
  const keys = new Map<string, { body: string; key: string }>();

  function keyFor(name: string, body: string): string {
    const known = keys.get(name);
    if (known?.body === body) return known.key;
    const key = newKey();
    keys.delete(name);
    keys.set(name, { body, key });
    const oldest = keys.keys().next().value;
    if (keys.size > KEYS_MAX && oldest !== undefined) keys.delete(oldest);
    return key;
  }

  return {
    busy: (name) => running.has(name),
    async run(name, body, send) {
      if (running.has(name)) return { ok: false, refusal: null };
      running.add(name);
      try {
        const reply = await send(keyFor(name, JSON.stringify(body ?? null)));
        keys.delete(name);
        return { ok: true, reply };
      } catch (thrown) {
        const refusal = asRefusal(thrown);
        if (!UNKNOWN.includes(refusal.code)) keys.delete(name);
        onRefusal(refusal, name);
        return { ok: false, refusal };
      } finally {
        running.delete(name);
      }
    },
  };
}
