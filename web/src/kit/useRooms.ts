/** The rooms of the house, asked for every few seconds while they are wanted and looked at. A failure keeps what is shown. */
import { readonly, ref, shallowReadonly, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { RoomList, RoomSummary } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";
import { ownZone } from "@shared/zone";
import { usePolling } from "./usePolling";

export interface Rooms {
  /** In the language of the page; null until they were loaded once. */
  list: ComputedRef<readonly RoomSummary[] | null>;
  /** When that was, Unix ms. */
  readAt: Readonly<Ref<number>>;
  /** The shop's (IANA). */
  zone: Readonly<Ref<string>>;
  /** Why the list may be old. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  refresh: () => Promise<void>;
}

/** What was listed last: who comes back from a room finds it at once. */
const list = shallowRef<readonly RoomSummary[] | null>(null);
const readAt = ref(0);
const zone = ref(ownZone());

export function useRooms(ask: () => Promise<RoomList>, everyMs: number, wanted: () => boolean = () => true): Rooms {
  const refusal = shallowRef<Refusal | null>(null);

  async function load(): Promise<void> {
    try {
      const found = await ask();
      list.value = found.rooms;
      zone.value = found.time_zone;
      readAt.value = Date.now();
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
  }

  const { ask: refresh } = usePolling(load, everyMs, wanted);
  return {
    list: useInLanguage(list),
    readAt: readonly(readAt),
    zone: readonly(zone),
    refusal: shallowReadonly(refusal),
    refresh,
  };
}
