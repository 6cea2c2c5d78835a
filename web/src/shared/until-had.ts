/**
 * What is had once and then stands (an account, a cart, the rights of somebody) is asked for again by itself while its first answer
 * has not come: after waits that grow, and at once when the network is back. What was refused for good is not asked for again.
 */
import { onScopeDispose, watch } from "vue";
import { backoffMs } from "./backoff";
import { CODE, isUnknown, type Refusal } from "./refusal";

const WAIT = { minMs: 1_000, maxMs: 30_000 };

/** Whether the same question may be answered another time. */
export function maySucceed(why: Refusal): boolean {
  return (isUnknown(why) && why.code !== CODE.cancelled) || why.retryAfterMs !== null;
}

/** Within an effect scope. `missing`: why it is not there, another one after each try; null: it is there, or being asked for. */
export function askUntilHad(missing: () => Refusal | null, ask: () => Promise<unknown>): void {
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    missing,
    (why) => {
      clearTimeout(timer);
      if (why === null || !maySucceed(why)) tries = 0;
      else
        timer = setTimeout(() => void ask(), Math.max(why.retryAfterMs ?? 0, backoffMs(tries++, WAIT, Math.random())));
    },
    { immediate: true, flush: "sync" },
  );
  const soon = (): void => {
    const why = missing();
    if (why === null || !maySucceed(why)) return;
    clearTimeout(timer);
    void ask();
  };
  addEventListener("online", soon);
  onScopeDispose(() => {
    clearTimeout(timer);
    removeEventListener("online", soon);
  });
}
