/** The list of rooms, asked anew while the page is looked at. A failure keeps what is shown. */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { RoomSummary } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import { useLeaving } from "@shared/useLeaving";

const EVERY_MS = 8_000;
/** What was listed last: who comes back from a room finds it at once. */
const rooms = shallowRef<RoomSummary[] | null>(null);
const readAt = shallowRef(0);

export function useRooms(): {
  /** Null until the first answer. */
  rooms: ShallowRef<RoomSummary[] | null>;
  /** When that was, Unix ms. */
  readAt: ShallowRef<number>;
  refusal: ShallowRef<Refusal | null>;
  reload: () => Promise<void>;
} {
  const refusal = shallowRef<Refusal | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const signal = useLeaving();

  async function reload(): Promise<void> {
    clearTimeout(timer);
    try {
      rooms.value = (await call("GET /api/rooms", { anonymous: true, signal })).rooms;
      readAt.value = Date.now();
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
    if (!signal.aborted) timer = setTimeout(() => void tick(), EVERY_MS);
  }

  async function tick(): Promise<void> {
    if (document.visibilityState === "visible") await reload();
  }

  const onVisible = (): void => void tick();
  document.addEventListener("visibilitychange", onVisible);
  onScopeDispose(() => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  });
  void reload();
  return { rooms, readAt, refusal, reload };
}
