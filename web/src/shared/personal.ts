/**
 * What belongs to one person and must not be there for the next one on the same page: claims, messages, answers. Whoever
 * keeps such a thing keeps it here, and need not think of signing out, of signing in as another, or of another tab.
 */
import { getCurrentScope, onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";

export interface Personal {
  /** The id of who is here; null for nobody. */
  who: () => string | null;
  /** A ref that is `initial()` again as soon as somebody else is here. */
  keep: <T>(initial: () => T) => ShallowRef<T>;
  /** Something to do as soon as somebody else is here. */
  onChange: (act: () => void) => void;
  /** Asked before a question to the server: whether its answer is still for who asked. */
  asking: () => () => boolean;
}

/** Within an effect scope; what is kept in another one is forgotten with that. `who`: the id of who is here; null for nobody. */
export function createPersonal(who: () => string | null): Personal {
  const acts = new Set<() => void>();
  let round = 0;
  // At once: no picture of the page shows what was another's.
  watch(
    who,
    () => {
      round++;
      for (const act of acts) act();
    },
    { flush: "sync" },
  );
  function onChange(act: () => void): void {
    acts.add(act);
    if (getCurrentScope()) onScopeDispose(() => acts.delete(act));
  }

  return {
    who,
    keep<T>(initial: () => T) {
      const kept = shallowRef(initial()) as ShallowRef<T>;
      onChange(() => (kept.value = initial()));
      return kept;
    },
    onChange,
    asking() {
      const asked = round;
      return () => asked === round;
    },
  };
}
