/** Short notes to the host: done, or refused and why. One at a time, gone by itself. */
import { shallowRef, type InjectionKey, type ShallowRef } from "vue";

export interface Note {
  text: string;
  kind: "done" | "trouble";
  /** What was done can still be taken back. */
  undo?: () => unknown;
}

export interface Notes {
  current: Readonly<ShallowRef<Note | null>>;
  tell: (text: string, kind?: Note["kind"]) => void;
  /** Done, and for some seconds it can be taken back. */
  offerUndo: (text: string, undo: () => unknown) => void;
  /** While somebody points at it, it stays. */
  keep: (kept: boolean) => void;
  clear: () => void;
}

export const NOTES: InjectionKey<Notes> = Symbol("notes");
const DONE_MS = 2_500;
/** Trouble takes longer to read. */
const TROUBLE_MS = 6_000;
/** Read, regretted and pressed; well within the seconds that the server allows (LIVEHUB_CHAT_UNDO_S). */
const UNDO_MS = 8_000;

export function createNotes(): Notes {
  const current = shallowRef<Note | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function clear(): void {
    clearTimeout(timer);
    current.value = null;
  }
  function leaveLater({ kind, undo }: Note): void {
    clearTimeout(timer);
    timer = setTimeout(clear, undo ? UNDO_MS : kind === "done" ? DONE_MS : TROUBLE_MS);
  }
  function show(note: Note): void {
    current.value = note;
    leaveLater(note);
  }
  return {
    current,
    clear,
    tell: (text, kind = "done") => show({ text, kind }),
    offerUndo: (text, undo) => show({ text, kind: "done", undo }),
    keep(kept) {
      if (kept) clearTimeout(timer);
      else if (current.value) leaveLater(current.value);
    },
  };
}
