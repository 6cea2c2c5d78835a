/** The clips of a recording that are not there yet, or could not be made. Asked for again while there are any in the making. */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import type { Clip } from "@shared/api-types";

export const AGAIN_MS = 2_000;

export interface ClipsInMaking {
  clips: Readonly<ShallowRef<readonly Clip[]>>;
  /** Look now: one was asked for, or taken away. */
  look: () => Promise<void>;
}

/** `ask`: all clips of the recording. `changed`: one of them has been made, and is in the list of recordings from now on. */
export function useClipsInMaking(ask: () => Promise<readonly Clip[]>, changed: () => void): ClipsInMaking {
  const clips = shallowRef<readonly Clip[]>([]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    try {
      const found = await ask();
      const kept = new Set(found.filter(({ state }) => state === "kept").map(({ id }) => id));
      const isOneMade = clips.value.some(({ id }) => kept.has(id));
      clips.value = found.filter(({ state }) => state !== "kept");
      if (isOneMade) changed();
    } catch {
      // What is known stays; the next look may be luckier.
    }
    clearTimeout(timer);
    if (!isOver && clips.value.some(({ state }) => state === "making")) timer = setTimeout(() => void look(), AGAIN_MS);
  }

  void look();
  onScopeDispose(() => {
    isOver = true;
    clearTimeout(timer);
  });
  return { clips, look };
}
