/** The rooms of the house, asked for every few seconds while they are wanted. */
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { RoomSummary } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import { useInLanguage } from "@shared/words";
import { ownZone } from "@shared/zone";
import type { HouseCalls } from "./calls";

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

export function useRooms(house: HouseCalls, wanted: Readonly<Ref<boolean>>): Rooms {
  const list = shallowRef<readonly RoomSummary[] | null>(null);
  const zone = ref(ownZone());
  const refusal = shallowRef<Refusal | null>(null);

  async function refresh(): Promise<void> {
    if (!wanted.value || document.hidden) return;
    try {
      const found = await house.rooms();
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
  return { list: useInLanguage(list), zone: readonly(zone), refusal: shallowReadonly(refusal), refresh };
}
