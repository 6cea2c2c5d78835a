/** How much of the page an on-screen keyboard covers, for browsers that lay it over the page (iOS). */
import { onScopeDispose, readonly, shallowRef, type Ref } from "vue";

export function useKeyboardInset(): Readonly<Ref<number>> {
  const inset = shallowRef(0);
  const viewport = window.visualViewport;
  if (!viewport) return readonly(inset);
  const update = (): void => {
    const covered = Math.round(innerHeight - viewport.height - viewport.offsetTop);
    inset.value = covered > 80 ? covered : 0; // Less than that is a browser bar, not a keyboard.
  };
  viewport.addEventListener("resize", update);
  viewport.addEventListener("scroll", update);
  onScopeDispose(() => {
    viewport.removeEventListener("resize", update);
    viewport.removeEventListener("scroll", update);
  });
  return readonly(inset);
}
