/** A camera's thumbnail, kept fresh while it can be seen: at most one request a second, and none for what is out of sight. */
import { onScopeDispose, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useIntersectionObserver } from "@vueuse/core";

import { blobAt } from "@shared/api";

const EVERY_MS = 1_000;
/** After one that could not be had. */
const FAILED_MS = 3_000;

/** A thumbnail that takes longer is not worth waiting for: the next one is due. */
const LOAD_MS = 3_000;

/** A picture that only staff may see, so that it takes a token and cannot be an <img src>. */
export function pictureAt(path: string): Promise<Blob> {
  return blobAt(path, { timeoutMs: LOAD_MS });
}

export interface ThumbnailSource {
  element: Readonly<Ref<HTMLElement | null>>;
  /** Null: there is none to be had now. */
  path: () => string | null;
  load: (path: string) => Promise<Blob>;
}

/** An object URL of the newest picture; the last one stays until the next is there, or until there is nothing to show. */
export function useThumbnail({ element, path, load }: ThumbnailSource): Readonly<ShallowRef<string | null>> {
  const shown = shallowRef<string | null>(null);
  let inSight = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function replace(blob: Blob | null): void {
    if (shown.value) URL.revokeObjectURL(shown.value);
    shown.value = blob && URL.createObjectURL(blob);
  }

  async function next(): Promise<void> {
    clearTimeout(timer);
    const wanted = path();
    if (stopped) return;
    let pause = EVERY_MS;
    if (wanted && inSight && document.visibilityState === "visible") {
      try {
        const blob = await load(wanted);
        if (!stopped && path() === wanted) replace(blob);
      } catch {
        pause = FAILED_MS;
      }
    }
    // Asked for again in the meantime, it would be two chains.
    clearTimeout(timer);
    timer = setTimeout(() => void next(), pause);
  }

  useIntersectionObserver(element, (entries) => (inSight = entries.at(-1)?.isIntersecting ?? false));
  watch(path, (now) => {
    if (now === null) replace(null);
  });
  timer = setTimeout(() => void next(), 50);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
    replace(null);
  });
  return shallowReadonly(shown);
}
