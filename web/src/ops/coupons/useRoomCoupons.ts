/** The room's coupons as the server lists them: those that have ended, too, and how many of each are claimed. */
import { computed, onScopeDispose, shallowReadonly, shallowRef, watch } from "vue";
import type { RoomCoupon, RoomCoupons } from "@shared/api-types";
import { createRefresher } from "@staff/refresher";
import type { StaffRoom } from "@staff/staff-room";

const GAP_MS = 2_000;

export function useRoomCoupons({ calls, claimed, room }: StaffRoom) {
  const page = shallowRef<RoomCoupons | null>(null);
  const earlier = shallowRef<readonly RoomCoupon[]>([]);
  const next = shallowRef<string | null>(null);

  const head = createRefresher(async () => {
    page.value = await calls.coupons(null);
    // What was loaded further down no longer joins on to it, maybe.
    earlier.value = [];
    next.value = page.value.next;
  }, GAP_MS);

  async function loadMore(): Promise<void> {
    const after = next.value;
    if (after === null) return;
    const more = await calls.coupons(after).catch(() => null);
    if (!more || next.value !== after) return;
    earlier.value = [...earlier.value, ...more.items];
    next.value = more.next;
  }

  const all = computed(() => [...(page.value?.items ?? []), ...earlier.value]);
  const listed = computed(() => new Map(all.value.map(({ coupon, claimed: count }) => [coupon.id, count])));
  watch(() => room.view.value?.coupons.map(({ id }) => id).join(), head.ask, { immediate: true });
  onScopeDispose(head.stop);

  return {
    /** Of the two counts the greater: claims are not given back, and either may be late. Null until one is known. */
    claimedOf(id: string): number | null {
      const counts = [listed.value.get(id), claimed.value[id]].filter((count) => count !== undefined);
      return counts.length === 0 ? null : Math.max(...counts);
    },
    ended: computed(() => all.value.filter(({ state }) => state === "ended")),
    next: shallowReadonly(next),
    loadMore,
  };
}
