/** Width over height of a picture, once it is loaded; null until then, and of one that is not there. */
import { onScopeDispose, readonly, shallowRef, watch, type Ref } from "vue";

export function usePictureAspect(src: () => string | null): Readonly<Ref<number | null>> {
  const aspect = shallowRef<number | null>(null);
  let image: HTMLImageElement | null = null;
  watch(
    src,
    (url) => {
      aspect.value = null;
      const next = (image = url ? new Image() : null);
      if (!next || !url) return;
      next.onload = () => {
        if (next === image && next.naturalHeight > 0) aspect.value = next.naturalWidth / next.naturalHeight;
      };
      next.src = url;
    },
    { immediate: true },
  );
  onScopeDispose(() => (image = null));
  return readonly(aspect);
}
