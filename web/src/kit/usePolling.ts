/**
 * Asks again and again while the page is looked at and the answer is wanted: at once when either becomes so, then `everyMs`
 * after each answer, and never twice at a time.
 */
import { computed, onScopeDispose, shallowRef, watch } from "vue";

export interface Polling {
  /** Asks at once; what is under way already is waited for. */
  ask: () => Promise<void>;
}

/** `question` says nothing of its failures here: it shows them. */
export function usePolling(
  question: () => Promise<unknown>,
  everyMs: number,
  wanted: () => boolean = () => true,
): Polling {
  const seen = shallowRef(document.visibilityState === "visible");
  const look = (): void => void (seen.value = document.visibilityState === "visible");
  const active = computed(() => wanted() && seen.value);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let underWay: Promise<void> | null = null;
  let stopped = false;

  function ask(): Promise<void> {
    clearTimeout(timer);
    underWay ??= question()
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        underWay = null;
        clearTimeout(timer);
        if (!stopped && active.value) timer = setTimeout(() => void ask(), everyMs);
      });
    return underWay;
  }

  watch(active, (now) => (now ? void ask() : clearTimeout(timer)), { immediate: true });
  document.addEventListener("visibilitychange", look);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  });
  return { ask };
}
