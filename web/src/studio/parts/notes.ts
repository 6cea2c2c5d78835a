/** Short notes to the host: done, or refused and why. One at a time, gone by itself. */
import { shallowRef, type InjectionKey, type ShallowRef } from "vue";

export interface Note {
  text: string;
  kind: "done" | "trouble";
}

export interface Notes {
  current: Readonly<ShallowRef<Note | null>>;
  tell: (text: string, kind?: Note["kind"]) => void;
  clear: () => void;
}

export const NOTES: InjectionKey<Notes> = Symbol("notes");
const DONE_MS = 2_500;
/** Trouble takes longer to read. */
const TROUBLE_MS = 6_000;

export function createNotes(): Notes {
  const current = shallowRef<Note | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function clear(): void {
    clearTimeout(timer);
    current.value = null;
  }
  return {
    current,
    clear,
    tell(text, kind = "done") {
      clearTimeout(timer);
      current.value = { text, kind };
      timer = setTimeout(clear, kind === "done" ? DONE_MS : TROUBLE_MS);
    },
  };
}
