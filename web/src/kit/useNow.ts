/** A clock that moves, for countdowns. */
import { onScopeDispose, readonly, shallowRef, watch, type Ref } from "vue";
import { everyTick } from "./clock";

/**
 * `read` is asked twice a second where nothing else is said, so that no shown second is skipped; and at once when what it goes by
 * is set right.
 */
export function useNow(read: () => number, everyMs = 500): Readonly<Ref<number>> {
  const now = shallowRef(read());
  watch(read, (at) => (now.value = at), { flush: "sync" });
  onScopeDispose(everyTick(everyMs, () => (now.value = read())));
  return readonly(now);
}
