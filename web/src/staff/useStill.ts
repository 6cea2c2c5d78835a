/** Lets a list stand still (still.ts) while the pointer rests on it, a finger holds it, the keyboard is in it, or it is `held`. */
import { computed, onDeactivated, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { stood, type Stood } from "./still";

export interface Still<R extends { id: string }> {
  /** It stands still now. */
  stands: ComputedRef<boolean>;
  shown: ComputedRef<Stood<R>>;
  /** Takes in what has come, even under the pointer. */
  renew: () => void;
  /** For v-on of the list. */
  listeners: Record<string, (event: Event) => void>;
}

interface Options<R> {
  held?: () => boolean;
  /** Whether a row is gone only because a list has an end. */
  isOld?: (row: R, now: readonly R[]) => boolean;
}

export function useStill<R extends { id: string }>(
  now: Readonly<Ref<readonly R[]>>,
  { held = () => false, isOld = () => false }: Options<R> = {},
): Still<R> {
  const [over, touched, inside] = [shallowRef(false), shallowRef(false), shallowRef(false)];
  const kept = shallowRef<readonly R[] | null>(null);
  const stands = computed(() => over.value || touched.value || inside.value || held());
  const isMouse = (event: Event): boolean => (event as PointerEvent).pointerType === "mouse";

  watch(stands, (still) => (kept.value = still ? now.value : null), { flush: "sync", immediate: true });
  onDeactivated(() => (over.value = touched.value = inside.value = false));

  return {
    stands,
    shown: computed(() => stood(kept.value, now.value, (row) => isOld(row, now.value))),
    renew: () => (kept.value = stands.value ? now.value : null),
    listeners: {
      pointerenter: (event) => (over.value = isMouse(event)),
      pointerleave: () => (over.value = touched.value = false),
      pointerdown: (event) => (touched.value = !isMouse(event)),
      pointerup: () => (touched.value = false),
      pointercancel: () => (touched.value = false),
      // By the keyboard: a button that was clicked keeps the focus, and that alone holds nothing up.
      focusin: ({ target }) => (inside.value = target instanceof Element && target.matches(":focus-visible")),
      focusout: () => (inside.value = false),
    },
  };
}
