/** What a moderator has just done and can still take back. One at a time: the last. */
import { inject, onScopeDispose, provide, shallowReadonly, shallowRef, type InjectionKey, type ShallowRef } from "vue";

/** A little less than the server's default (LIVEHUB_CHAT_UNDO_S), so that what is offered is still possible. */
const OFFERED_MS = 25_000;

export interface Deed {
  /** In words, for who did it. */
  text: string;
  back: () => Promise<unknown>;
}

interface Undo {
  last: Readonly<ShallowRef<Deed | null>>;
  offer: (deed: Deed) => void;
  take: () => Promise<void>;
}

const UNDO: InjectionKey<Undo> = Symbol("undo");

export function provideUndo(): Undo {
  const last = shallowRef<Deed | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function put(deed: Deed | null): void {
    clearTimeout(timer);
    last.value = deed;
    if (deed) timer = setTimeout(() => (last.value = null), OFFERED_MS);
  }

  onScopeDispose(() => clearTimeout(timer));
  const undo: Undo = {
    last: shallowReadonly(last),
    offer: put,
    async take() {
      const deed = last.value;
      put(null);
      await deed?.back();
    },
  };
  provide(UNDO, undo);
  return undo;
}

export function useUndo(): Undo {
  const undo = inject(UNDO);
  if (!undo) throw new Error("This component belongs inside the moderation column.");
  return undo;
}
