/** Lets a list stand still (still.ts) while a pointer rests on it, the keyboard's focus is in it, or `also` says so. */
import { computed, ref, shallowRef, watch, type Ref } from "vue";
import { stood } from "./still";

export function useStill<R extends { id: string }>(now: Readonly<Ref<readonly R[]>>, also: () => boolean = () => false, isOld?: (row: R, now: readonly R[]) => boolean) {
  const pointed = ref(false);
  const focused = ref(false);
  const kept = shallowRef<readonly R[] | null>(null);
  const still = computed(() => pointed.value || focused.value || also());

  watch(still, (stands) => (kept.value = stands ? now.value : null), { flush: "sync", immediate: true });

  return {
    still,
    shown: computed(() => stood(kept.value, now.value, (row) => isOld?.(row, now.value) ?? false)),
    /** Takes in what has come, with the pointer still there. */
    renew: () => (kept.value = still.value ? now.value : null),
    /** For v-on of the list. A button that was clicked keeps the focus: that alone holds nothing up. */
    on: {
      pointerenter: () => (pointed.value = true),
      pointerleave: () => (pointed.value = false),
      focusin: ({ target }: FocusEvent) => (focused.value = target instanceof Element && target.matches(":focus-visible")),
      focusout: () => (focused.value = false),
    },
  };
}
