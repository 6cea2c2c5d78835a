/** How much of the page an on-screen keyboard covers, for browsers that lay it over the page (iOS). */
import { useEventListener } from "@vueuse/core";
import { readonly, shallowRef, type Ref } from "vue";
import { coveredPx } from "./keyboard";

export function useKeyboardInset(): Readonly<Ref<number>> {
  const inset = shallowRef(0);
  const viewport = window.visualViewport;
  if (!viewport) return readonly(inset);
  useEventListener(viewport, ["resize", "scroll"], () => (inset.value = coveredPx(innerHeight, viewport)));
  return readonly(inset);
}
