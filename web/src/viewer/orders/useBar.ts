/**
 * A bar with buttons that stays at the lower edge of a page: how high it is, so that what lies over the page (the small picture of
 * a room, viewer/room/RoomPicture.vue) stays clear of it.
 */
import { onScopeDispose, watch, type ShallowRef } from "vue";

const HEIGHT = "--page-bar";

/** `bar`: null while there is none. */
export function useBar(bar: Readonly<ShallowRef<HTMLElement | null>>): void {
  const { style } = document.documentElement;
  const observer = new ResizeObserver(measure);

  function measure(): void {
    style.setProperty(HEIGHT, `${Math.ceil(bar.value?.getBoundingClientRect().height ?? 0)}px`);
    // Whoever keeps clear of it measures anew.
    dispatchEvent(new Event("resize"));
  }

  watch(
    bar,
    (now) => {
      observer.disconnect();
      if (now) observer.observe(now);
      else measure();
    },
    { immediate: true, flush: "post" },
  );
  onScopeDispose(() => {
    observer.disconnect();
    style.removeProperty(HEIGHT);
    dispatchEvent(new Event("resize"));
  });
}
