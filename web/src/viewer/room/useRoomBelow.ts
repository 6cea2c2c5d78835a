/**
 * Room at the end of a page for what stays in a corner over it: whatever it covers, a link, a button, or what has the focus, can be
 * scrolled from under it.
 */
import { onScopeDispose, watch, type Ref, type ShallowRef } from "vue";

/** Between what stays there, and the last line of the page, px. */
const GAP_PX = 16;

export function useRoomBelow(element: Readonly<ShallowRef<HTMLElement | null>>, wanted: Readonly<Ref<boolean>>): void {
  const root = document.documentElement;
  const observer = new ResizeObserver(measure);

  function measure(): void {
    const { top, height } = element.value?.getBoundingClientRect() ?? { top: 0, height: 0 };
    // To the lower edge of the window, so that what is between them counts as well.
    const room = wanted.value && height > 0 ? `${Math.ceil(innerHeight - top) + GAP_PX}px` : "";
    document.body.style.paddingBottom = room;
    root.style.scrollPaddingBottom = room;
  }

  watch(
    [element, wanted],
    ([now]) => {
      observer.disconnect();
      if (now) observer.observe(now);
      measure();
    },
    { immediate: true, flush: "post" },
  );
  addEventListener("resize", measure);
  onScopeDispose(() => {
    observer.disconnect();
    removeEventListener("resize", measure);
    document.body.style.paddingBottom = root.style.scrollPaddingBottom = "";
  });
}
