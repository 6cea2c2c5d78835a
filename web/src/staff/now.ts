/** A clock that components can watch; it stops with the component that asked for it. */
import { onScopeDispose, ref, type Ref } from "vue";

export function useNow(clock: () => number, everyMs = 1_000): Readonly<Ref<number>> {
  const now = ref(clock());
  const timer = setInterval(() => (now.value = clock()), everyMs);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
