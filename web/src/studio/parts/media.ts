/** What the device is like, as it is now: a window can be made narrower, and a tablet may get a mouse. */
import { onScopeDispose, ref, type Ref } from "vue";

/** Whether there is room for three columns. */
export const useWide = (): Readonly<Ref<boolean>> => useMedia("(min-width: 1080px)");

/** Whether things are pointed at with a mouse or the like, and not with a finger. */
export const useMouse = (): Readonly<Ref<boolean>> => useMedia("(hover: hover) and (pointer: fine)");

function useMedia(condition: string): Readonly<Ref<boolean>> {
  const query = matchMedia(condition);
  const holds = ref(query.matches);
  const follow = (event: MediaQueryListEvent): void => void (holds.value = event.matches);
  query.addEventListener("change", follow);
  onScopeDispose(() => query.removeEventListener("change", follow));
  return holds;
}
