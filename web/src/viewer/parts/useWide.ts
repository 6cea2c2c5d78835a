/** Whether there is room for columns beside the picture. */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

export function useWide(): Readonly<Ref<boolean>> {
  const query = matchMedia("(min-width: 1000px)");
  const wide = shallowRef(query.matches);
  const update = (): void => {
    wide.value = query.matches;
  };
  query.addEventListener("change", update);
  onScopeDispose(() => query.removeEventListener("change", update));
  return readonly(wide);
}
