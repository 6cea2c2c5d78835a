/** The rooms of the house, asked for every few seconds while someone may look. */
import { onScopeDispose, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { RoomSummary } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";
import type { HouseCalls } from "@staff/calls";

const EVERY_MS = 5_000;

export interface Rooms {
  /** Null until they were loaded once. */
  list: Readonly<ShallowRef<readonly RoomSummary[] | null>>;
  /** Why the list may be old. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  refresh: () => Promise<void>;
}

export function useRooms(house: HouseCalls, allowed: Readonly<Ref<boolean>>): Rooms {
  const list = shallowRef<readonly RoomSummary[] | null>(null);
  const refusal = shallowRef<Refusal | null>(null);

  async function refresh(): Promise<void> {
    if (!allowed.value || document.hidden) return;
    try {
      list.value = (await house.rooms()).rooms;
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
  }

  watch(allowed, () => void refresh(), { immediate: true });
  const timer = setInterval(() => void refresh(), EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return { list: shallowReadonly(list), refusal: shallowReadonly(refusal), refresh };
}
