/** A clock that moves: for countdowns. `read` is asked twice a second, so that no shown second is skipped. */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

const EVERY_MS = 500;

export function useNow(read: () => number): Readonly<Ref<number>> {
  const now = shallowRef(read());
  const timer = setInterval(() => {
    now.value = read();
  }, EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return readonly(now);
}
