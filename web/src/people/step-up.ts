/**
 * What matters wants to know again who asks, if they signed in a while ago (1110): then whoever makes calls waits (shared/api.ts),
 * the app asks over the page, and the same call is sent once more. Nothing that is open or typed goes away meanwhile.
 */
import { onScopeDispose, shallowReadonly, shallowRef, watch } from "vue";
import { setStepUp } from "@shared/api";

const waiting = shallowRef<((proved: boolean) => void) | null>(null);

/** Who waits for it; the sheet is open while this is set. */
export const stepUpWaiting = shallowReadonly(waiting);

export function settleStepUp(proved: boolean): void {
  const settle = waiting.value;
  waiting.value = null;
  settle?.(proved);
}

/** Within an effect scope, of the part that shows the sheet: calls ask there from now on. `who` is here: reactive. */
export function useStepUp(who: () => string | null): void {
  let asking: Promise<boolean> | null = null;

  async function ask(): Promise<boolean> {
    const asked = who();
    const proved = await new Promise<boolean>((resolve) => (waiting.value = resolve));
    return proved && who() === asked;
  }

  // Several calls at once are one question.
  setStepUp(() => (asking ??= ask().finally(() => (asking = null))));
  // Whoever it was about has gone.
  watch(who, () => settleStepUp(false), { flush: "sync" });
  onScopeDispose(() => {
    setStepUp(null);
    settleStepUp(false);
  });
}
