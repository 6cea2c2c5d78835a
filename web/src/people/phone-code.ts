/**
 * A code by phone: asked for, typed, and, where it went wrong, asked for again.
 *
 *     phone --asked--> code --right--> done
 *       ^               |  '--wrong--> code, with tries left
 *       |               '--burnt or too old--> spent: a new one is to be asked for
 *       '--another number--'
 *
 * Which code is for what is the caller's: signing in, proving oneself again, adding a number.
 */
import { computed, shallowReadonly, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { ChallengeSent } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { CODE_DIGITS } from "./phone";

export interface PhoneCodeOptions {
  /** Has a code sent. Throws Refusal. */
  ask: (phone: string) => Promise<ChallengeSent>;
  /** Proves it. Throws Refusal. */
  prove: (challenge: string, code: string) => Promise<void>;
  /** The clock of the device, moving, Unix ms. */
  now: Readonly<Ref<number>>;
}

export interface PhoneCode {
  step: Readonly<ShallowRef<"phone" | "code">>;
  /** The number that the code went to, E.164. */
  phone: Readonly<ShallowRef<string>>;
  busy: Readonly<ShallowRef<boolean>>;
  refusal: Readonly<ShallowRef<Refusal | null>>;
  /** No code can be typed any more: this one is burnt, used, or too old. */
  isSpent: Readonly<ShallowRef<boolean>>;
  /** The name is refused; the code is still good. */
  needsName: Readonly<ShallowRef<boolean>>;
  /** How long until another code may be asked for, ms; 0: now. */
  waitMs: ComputedRef<number>;
  /** Has a code sent to a number, or another one to the same. */
  send: (phone: string) => Promise<void>;
  /** True: it was right. */
  submit: (code: string) => Promise<boolean>;
  /** Back to the number. */
  another: () => void;
}

const SPENT: ReadonlySet<number> = new Set([CODE.challengeBurnt, CODE.challengeOver, CODE.nothingHere]);

/** What each number of a page was sent: who goes back to correct a digit, and back again, need not wait for another code. */
interface Asked {
  challenge: string;
  againAt: number;
}

export function createPhoneCode({ ask, prove, now }: PhoneCodeOptions): PhoneCode {
  const step = shallowRef<"phone" | "code">("phone");
  const phone = shallowRef("");
  const busy = shallowRef(false);
  const refusal = shallowRef<Refusal | null>(null);
  const isSpent = shallowRef(false);
  const needsName = shallowRef(false);
  const againAt = shallowRef(0);
  let challenge = "";
  let last: (Asked & { phone: string }) | null = null;

  function show(asked: Asked, to: string): void {
    challenge = asked.challenge;
    againAt.value = asked.againAt;
    phone.value = to;
    step.value = "code";
    isSpent.value = needsName.value = false;
  }

  return {
    step: shallowReadonly(step),
    phone: shallowReadonly(phone),
    busy: shallowReadonly(busy),
    refusal: shallowReadonly(refusal),
    isSpent: shallowReadonly(isSpent),
    needsName: shallowReadonly(needsName),
    waitMs: computed(() => Math.max(0, againAt.value - now.value)),
    async send(to) {
      if (busy.value) return;
      refusal.value = null;
      if (step.value === "phone" && last?.phone === to && last.againAt > now.value) {
        show(last, to);
        return;
      }
      busy.value = true;
      try {
        const sent = await ask(to);
        last = { phone: to, challenge: sent.challenge, againAt: Date.now() + sent.retry_after_ms };
        show(last, to);
      } catch (thrown) {
        const why = asRefusal(thrown);
        refusal.value = why;
        // Asked for too often: the button says when it may be pressed again.
        if (why.code === CODE.tooFast && step.value === "code") againAt.value = Date.now() + (why.retryAfterMs ?? 0);
      } finally {
        busy.value = false;
      }
    },
    async submit(code) {
      if (busy.value || isSpent.value || code.length !== CODE_DIGITS) return false;
      busy.value = true;
      refusal.value = null;
      try {
        await prove(challenge, code);
        return true;
      } catch (thrown) {
        const why = asRefusal(thrown);
        refusal.value = why;
        needsName.value = why.code === CODE.nameReserved;
        isSpent.value = SPENT.has(why.code) || (why.code === CODE.wrongCode && why.figure("tries_left") === 0);
        if (isSpent.value) last = null;
        return false;
      } finally {
        busy.value = false;
      }
    },
    another() {
      step.value = "phone";
      refusal.value = null;
      isSpent.value = needsName.value = false;
    },
  };
}
