/**
 * What is typed into a sheet, and a code that is on its way, outlive a way back by mistake: the form stays until it is done, or
 * somebody else is here.
 */
import { onScopeDispose, readonly, shallowRef, watch, type Ref } from "vue";
import { useSession } from "@app/useSession";

/** A code is good for so long; after it there is nothing worth coming back to. */
const KEPT_MS = 5 * 60_000;

export interface Begun {
  /** The form stands, seen or not. */
  begun: Readonly<Ref<boolean>>;
  done: () => void;
}

export function useBegun(open: () => boolean): Begun {
  const session = useSession();
  const begun = shallowRef(open());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const done = (): void => void (begun.value = false);
  watch(open, (now) => {
    clearTimeout(timer);
    if (now) begun.value = true;
    else timer = setTimeout(done, KEPT_MS);
  });
  watch(
    () => session.person?.id,
    () => open() || done(),
  );
  onScopeDispose(() => clearTimeout(timer));
  return { begun: readonly(begun), done };
}

/** Puts the focus where one types, each time that the form is seen. */
export function useFocusWhenOpen(open: () => boolean, focus: () => void): void {
  watch(open, (now) => now && requestAnimationFrame(focus), { immediate: true });
}
