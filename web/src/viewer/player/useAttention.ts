/** Controls that go when nobody needs them: a while after the last touch, and never while something holds them. */
import { computed, onScopeDispose, shallowRef, type ComputedRef } from "vue";

const GONE_AFTER_MS = 3_500;

export interface Attention {
  shown: ComputedRef<boolean>;
  /** Somebody is there. */
  wake: () => void;
  /** Nobody is: a tap beside, the mouse gone. */
  rest: () => void;
}

/** `holds`: why they stay, e.g. it is paused. */
export function useAttention(holds: () => boolean): Attention {
  const awake = shallowRef(true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    clearTimeout(timer);
    awake.value = false;
  };
  const wake = (): void => {
    clearTimeout(timer);
    awake.value = true;
    timer = setTimeout(rest, GONE_AFTER_MS);
  };
  wake();
  onScopeDispose(() => clearTimeout(timer));
  return { shown: computed(() => awake.value || holds()), wake, rest };
}
