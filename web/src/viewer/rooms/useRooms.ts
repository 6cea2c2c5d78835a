/** The list of rooms, asked anew while the page is looked at. A failure keeps what is shown. */
import { onScopeDispose, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { RoomList, RoomSummary } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";

const EVERY_MS = 8_000;
/** What was listed last: who comes back from a room finds it at once. */
const rooms = shallowRef<RoomSummary[] | null>(null);
const readAt = shallowRef(0);

export function useRooms(): {
  /** Null until the first answer. */
  rooms: ComputedRef<RoomSummary[] | null>;
  /** When that was, Unix ms. */
  readAt: ShallowRef<number>;
  refusal: ShallowRef<Refusal | null>;
  reload: () => Promise<void>;
} {
  const refusal = shallowRef<Refusal | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let disposed = false;

  async function reload(): Promise<void> {
    clearTimeout(timer);
    try {
      rooms.value = (await call<RoomList>("GET", "/api/rooms")).rooms;
      readAt.value = Date.now();
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
    if (!disposed) timer = setTimeout(() => void tick(), EVERY_MS);
  }

  async function tick(): Promise<void> {
    if (document.visibilityState === "visible") await reload();
  }

  const onVisible = (): void => void tick();
  document.addEventListener("visibilitychange", onVisible);
  onScopeDispose(() => {
    disposed = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  });
  void reload();
  return { rooms: useInLanguage(rooms), readAt, refusal, reload };
}
