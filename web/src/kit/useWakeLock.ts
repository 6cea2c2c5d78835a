/** Keeps the screen on while it is wanted, where the browser can (secure pages only); asked again when the page comes back. */
import { useEventListener } from "@vueuse/core";
import { onScopeDispose, watch, type Ref } from "vue";

export function useWakeLock(wanted: Readonly<Ref<boolean>>): void {
  let lock: WakeLockSentinel | null = null;

  async function hold(): Promise<void> {
    if (!wanted.value || lock || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    // A browser may refuse (battery saver); the show goes on without.
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    lock?.addEventListener("release", () => (lock = null));
    if (!wanted.value) release();
  }

  function release(): void {
    void lock?.release();
    lock = null;
  }

  useEventListener(document, "visibilitychange", () => void hold());
  watch(wanted, (now) => (now ? void hold() : release()), { immediate: true });
  onScopeDispose(release);
}
