/**
 * The room that is being watched. It belongs to no page: who goes from a room to the list, or anywhere else, takes its
 * picture along in a small window, and who comes back finds the room as it was.
 */
import { shallowRef, type Component } from "vue";
import type { LiveRoom } from "./live-room";

export interface Watched {
  live: LiveRoom;
  /** Its picture, which stands in the page of the room or in the small window. */
  picture: Component;
  end: () => void;
}

export const watched = shallowRef<Watched | null>(null);

export function stopWatching(): void {
  watched.value?.end();
  watched.value = null;
}
