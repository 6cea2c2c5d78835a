/** The clips of a recording that are not there yet, or could not be made. Asked for again while there are any in the making. */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import type { Clip } from "@shared/api-types";

export const AGAIN_MS = 2_000;

export interface ClipsInMaking {
  clips: Readonly<ShallowRef<readonly Clip[]>>;
  /** Look now: one was asked for, or taken away. */
  look: () => Promise<void>;
}

/**
 * `ask`: all clips of the recording. `changed`: one of them has been made, and is in the list of recordings from now on; also one
 * that nobody here saw in the making. What was kept at the first look is in that list already.
 */
export function useClipsInMaking(ask: () => Promise<readonly Clip[]>, changed: () => void): ClipsInMaking {
  const clips = shallowRef<readonly Clip[]>([]);
  let kept: ReadonlySet<string> | null = null; // as of the last answer
  let looks = 0;
  let answered = 0; // the number of the look that `clips` is of
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function take(found: readonly Clip[], look: number): void {
    if (look < answered) return; // a later look was answered before this one
    answered = look;
    const keptNow = new Set(found.filter(({ state }) => state === "kept").map(({ id }) => id));
    const known = kept ?? (look === 1 ? keptNow : new Set());
    kept = keptNow;
    clips.value = found.filter(({ state }) => state !== "kept");
    if ([...keptNow].some((id) => !known.has(id))) changed();
  }

  async function look(): Promise<void> {
    const number = ++looks;
    let isUnanswered = false;
    clearTimeout(timer);
    try {
      take(await ask(), number);
    } catch {
      isUnanswered = true; // what is known stays; the next look may be luckier
    }
    clearTimeout(timer);
    const hasMore = clips.value.some(({ state }) => state === "making");
    if (!isOver && (hasMore || isUnanswered)) timer = setTimeout(() => void look(), AGAIN_MS);
  }

  void look();
  onScopeDispose(() => {
    isOver = true;
    clearTimeout(timer);
  });
  return { clips, look };
}
