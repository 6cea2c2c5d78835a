/**
 * Full screen, where the browser can: an element, or on an iPhone the picture alone. A picture that lies turns an upright phone on its
 * side, where that is allowed (on Android; the system's own lock of the orientation does not hinder it).
 */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

/** What Safari on an iPhone has instead. */
type AppleVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };
/** Neither in every browser nor in TypeScript's own types. */
type Orientation = ScreenOrientation & { lock?: (orientation: "landscape" | "portrait") => Promise<void> };

export interface FullScreen {
  can: boolean;
  on: Readonly<Ref<boolean>>;
  toggle: () => void;
}

export interface FullScreenOf {
  root: () => HTMLElement | null;
  video: () => HTMLVideoElement | null;
  /** Whether the picture lies. */
  lies: () => boolean;
}

export function useFullScreen({ root, video, lies }: FullScreenOf): FullScreen {
  const on = shallowRef(false);
  const update = (): void => {
    on.value = document.fullscreenElement !== null && document.fullscreenElement === root();
  };
  document.addEventListener("fullscreenchange", update);
  onScopeDispose(() => {
    document.removeEventListener("fullscreenchange", update);
    if (on.value) void document.exitFullscreen().catch(() => undefined);
  });

  async function enter(): Promise<void> {
    const element = root();
    if (!document.fullscreenEnabled || !element) {
      (video() as AppleVideo | null)?.webkitEnterFullscreen?.();
      return;
    }
    await element.requestFullscreen({ navigationUI: "hide" });
    if (lies() && matchMedia("(pointer: coarse)").matches)
      await (screen.orientation as Orientation | undefined)?.lock?.("landscape");
  }

  return {
    can: document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype,
    on: readonly(on),
    toggle() {
      // Leaving gives the orientation back by itself. Who may not turn the screen sees it as it is.
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
      else void enter().catch(() => undefined);
    },
  };
}
