/** What the device is like, as it is now: a window can be made narrower, and a tablet may get a mouse. */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";
import { BREAKPOINTS } from "./breakpoints";

/** Whether there is room for columns beside the picture. */
export const useWide = (): Readonly<Ref<boolean>> => useMedia(`(min-width: ${BREAKPOINTS.columns}px)`);

/** Whether things are pointed at with a mouse or the like, and not with a finger. */
export const useMouse = (): Readonly<Ref<boolean>> => useMedia("(hover: hover) and (pointer: fine)");

/** By hand: VueUse's reads widths for servers as well, and would be 2 KB in the first load of every viewer. */
export function useMedia(condition: string): Readonly<Ref<boolean>> {
  const query = matchMedia(condition);
  const holds = shallowRef(query.matches);
  const follow = (): void => void (holds.value = query.matches);
  query.addEventListener("change", follow);
  onScopeDispose(() => query.removeEventListener("change", follow));
  return readonly(holds);
}
