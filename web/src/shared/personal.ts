/**
 * What belongs to one person and must not be there for the next one on the same page: claims, messages, answers. Whoever
 * keeps such a thing keeps it here, and need not think of signing out, of signing in as another, or of another tab.
 */
import { shallowRef, watch, type ShallowRef } from "vue";

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

/** Within an effect scope. `who`: the id of who is here; null for nobody. */
export function createPersonal(who: () => string | null): Personal {
  const acts: (() => void)[] = [];
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
  return {
    who,
    keep<T>(initial: () => T) {
      const kept = shallowRef(initial()) as ShallowRef<T>;
      acts.push(() => (kept.value = initial()));
      return kept;
    },
    onChange: (act) => void acts.push(act),
    asking() {
      const asked = round;
      return () => asked === round;
    },
  };
}
