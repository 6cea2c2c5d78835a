/** How much of the page an on-screen keyboard covers, for browsers that lay it over the page (iOS). */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";
import { coveredPx } from "./keyboard";

export function useKeyboardInset(): Readonly<Ref<number>> {
  const inset = shallowRef(0);
  const viewport = window.visualViewport;
  if (!viewport) return readonly(inset);
  const update = (): void => void (inset.value = coveredPx(innerHeight, viewport));
  viewport.addEventListener("resize", update);
  viewport.addEventListener("scroll", update);
  onScopeDispose(() => {
    viewport.removeEventListener("resize", update);
    viewport.removeEventListener("scroll", update);
  });
  return readonly(inset);
}
