/** Where in the viewer pages we are: the list of rooms, or a room. Two pages need no router. */
import { computed, readonly, shallowRef, type ComputedRef } from "vue";

const path = shallowRef(location.pathname);

addEventListener("popstate", () => {
  path.value = location.pathname;
});

const ROOM = /^\/r\/([a-z0-9][a-z0-9-]{0,47})\/?$/;

/** The room in the address, or null on the list. */
export const roomInPath: ComputedRef<string | null> = computed(() => ROOM.exec(path.value)?.[1] ?? null);

export const currentPath = readonly(path);

export function roomPath(room: string): string {
  return `/r/${room}`;
}

export function goTo(next: string): void {
  if (next === path.value) return;
  history.pushState(null, "", next);
  path.value = next;
  scrollTo(0, 0);
}

/** Follows a plain click inside the app; a click with a modifier key is the browser's. */
export function follow(event: MouseEvent, next: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
  event.preventDefault();
  goTo(next);
}
