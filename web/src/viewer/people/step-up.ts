/**
 * What matters wants to know again who asks, if they signed in a while ago:
 *
 *     await freshly(() => call("POST /api/me/erase", { body: { confirm: true } }));
 *
 * The sheet asks for a code; then the call is sent once more, as the same person or not at all.
 */
import { shallowReadonly, shallowRef } from "vue";
import { asRefusal, cancelled, CODE } from "@shared/refusal";

const waiting = shallowRef<((proved: boolean) => void) | null>(null);

/** The sheet is open while this is set. */
export const stepUpWaiting = shallowReadonly(waiting);

export function settleStepUp(proved: boolean): void {
  waiting.value?.(proved);
  waiting.value = null;
}

/** Throws what `send` throws; a Refusal `cancelled` for who would rather not, or came back as somebody else. */
export async function freshly<Answer>(who: () => string | null, send: () => Promise<Answer>): Promise<Answer> {
  const asked = who();
  try {
    return await send();
  } catch (thrown) {
    if (asRefusal(thrown).code !== CODE.signinTooOld) throw thrown;
  }
  settleStepUp(false);
  const proved = await new Promise<boolean>((resolve) => (waiting.value = resolve));
  if (!proved || who() !== asked) throw cancelled();
  return send();
}
