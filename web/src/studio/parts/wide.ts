/** Whether there is room for three columns. */
import { onScopeDispose, ref, type Ref } from "vue";

const QUERY = "(min-width: 1080px)";

export function useWide(): Readonly<Ref<boolean>> {
  const query = matchMedia(QUERY);
  const wide = ref(query.matches);
  const follow = (event: MediaQueryListEvent): void => void (wide.value = event.matches);
  query.addEventListener("change", follow);
  onScopeDispose(() => query.removeEventListener("change", follow));
  return wide;
}
