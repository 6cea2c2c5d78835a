/** Full screen, where the browser can: the whole player, or on an iPhone the picture alone. */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

/** What Safari on an iPhone has instead. */
type AppleVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void; webkitSupportsFullscreen?: boolean };

export interface FullScreen {
  can: boolean;
  on: Readonly<Ref<boolean>>;
  toggle: () => void;
}

export function useFullScreen(root: () => HTMLElement | null, video: () => HTMLVideoElement | null): FullScreen {
  const on = shallowRef(false);
  const update = (): void => {
    on.value = document.fullscreenElement !== null && document.fullscreenElement === root();
  };
  document.addEventListener("fullscreenchange", update);
  onScopeDispose(() => {
    document.removeEventListener("fullscreenchange", update);
    if (on.value) void document.exitFullscreen().catch(() => undefined);
  });

  return {
    can: document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype,
    on: readonly(on),
    toggle() {
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
      else if (document.fullscreenEnabled) void root()?.requestFullscreen().catch(() => undefined);
      else (video() as AppleVideo | null)?.webkitEnterFullscreen?.();
    },
  };
}
