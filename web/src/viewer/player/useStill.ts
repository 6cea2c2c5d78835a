/** The still that stands in a room until its picture moves: asked for once with each picture that begins, and gone with it. */
import { computed, shallowRef, watch, type ComputedRef } from "vue";
import type { RoomView } from "@shared/wire";
import type { Player } from "./player";
import { hasStill, stillUrl } from "./still";

export interface Still {
  /** Null where there is none. */
  url: ComputedRef<string | null>;
  /** Width over height; null until it is there. */
  aspect: ComputedRef<number | null>;
  loaded: (image: HTMLImageElement) => void;
  failed: () => void;
}

export function useStill(view: () => RoomView | null, { phase, aspect }: Pick<Player, "phase" | "aspect">): Still {
  const asked = shallowRef<string | null>(null);
  const shape = shallowRef<number | null>(null);
  const exists = computed(() => {
    const now = view();
    return now !== null && hasStill(now);
  });
  watch(
    () => exists.value && (aspect.value === null || phase.value === "none"),
    (wanted) => {
      const room = view()?.id;
      if (!wanted || room === undefined) return;
      const next = stillUrl(room, Date.now());
      if (next !== asked.value) shape.value = null;
      asked.value = next;
    },
    { immediate: true },
  );
  return {
    url: computed(() => (exists.value ? asked.value : null)),
    aspect: computed(() => (exists.value && asked.value !== null ? shape.value : null)),
    loaded: ({ naturalWidth, naturalHeight }) =>
      (shape.value = naturalHeight > 0 ? naturalWidth / naturalHeight : null),
    failed: () => (asked.value = shape.value = null),
  };
}
