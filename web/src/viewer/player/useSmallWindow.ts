/** The picture in a small window of the system (picture-in-picture), over whatever else somebody does. */
import { onScopeDispose, readonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";

export interface SmallWindow {
  can: boolean;
  on: Readonly<Ref<boolean>>;
  toggle: () => void;
}

export function useSmallWindow(video: Readonly<ShallowRef<HTMLVideoElement | null>>): SmallWindow {
  const on = shallowRef(false);
  const leave = (): void => {
    if (document.pictureInPictureElement && document.pictureInPictureElement === video.value)
      void document.exitPictureInPicture().catch(() => undefined);
  };
  watch(video, (element, _before, onCleanup) => {
    if (!element) return;
    const abort = new AbortController();
    element.addEventListener("enterpictureinpicture", () => (on.value = true), { signal: abort.signal });
    element.addEventListener("leavepictureinpicture", () => (on.value = false), { signal: abort.signal });
    onCleanup(() => abort.abort());
  });
  onScopeDispose(leave);
  return {
    can: document.pictureInPictureEnabled === true,
    on: readonly(on),
    toggle() {
      if (on.value) leave();
      else void video.value?.requestPictureInPicture?.().catch(() => undefined);
    },
  };
}
