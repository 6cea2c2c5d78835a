/** The rooms of the house, asked for every few seconds while they are wanted. */
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { RoomSummary } from "@shared/api-types";
import { call } from "@shared/api";
import { asRefusal, type Refusal } from "@shared/refusal";
import { ownZone } from "@shared/zone";

const EVERY_MS = 5_000;

export interface Rooms {
  /** Null until they were loaded once. */
  list: Readonly<ShallowRef<readonly RoomSummary[] | null>>;
  /** The shop's (IANA). */
  zone: Readonly<Ref<string>>;
  /** Why the list may be old. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  refresh: () => Promise<void>;
}

export function useRooms(wanted: Readonly<Ref<boolean>>): Rooms {
  const list = shallowRef<readonly RoomSummary[] | null>(null);
  const zone = ref(ownZone());
  const refusal = shallowRef<Refusal | null>(null);

  async function refresh(): Promise<void> {
    if (!wanted.value || document.hidden) return;
    try {
      const found = await call("GET /api/rooms", { query: { mine: true } });
      list.value = found.rooms;
      zone.value = found.time_zone;
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
  }

  watch(wanted, () => void refresh(), { immediate: true });
  const timer = setInterval(() => void refresh(), EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return { list: shallowReadonly(list), zone: readonly(zone), refusal: shallowReadonly(refusal), refresh };
}
