/** Copies texts, and says of the last one for a moment that it is copied. */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

const SHOWN_MS = 2_000;

export interface Copying {
  /** Which text was just copied, by its key. */
  copied: Readonly<Ref<string | null>>;
  /** Whether it could: the clipboard wants a secure page, and elsewhere the person has to. */
  copy: (key: string, text: string) => Promise<boolean>;
}

export function useCopying(): Copying {
  const copied = shallowRef<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(timer));
  return {
    copied: readonly(copied),
    async copy(key, text) {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        return false;
      }
      clearTimeout(timer);
      copied.value = key;
      timer = setTimeout(() => (copied.value = null), SHOWN_MS);
      return true;
    },
  };
}
