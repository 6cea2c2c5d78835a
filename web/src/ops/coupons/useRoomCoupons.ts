/** The room's coupons as the server lists them: those that have ended, too, and how many of each are claimed. */
import { computed, onScopeDispose, watch } from "vue";
import { usePages } from "@shared/usePages";
import { createRefresher } from "@staff/refresher";
import type { StaffRoom } from "@staff/staff-room";

const GAP_MS = 2_000;

export function useRoomCoupons({ id: room, claimed, room: { view } }: StaffRoom) {
  const pages = usePages("GET /api/rooms/{room}/coupons", () => ({ path: { room } }));
  // What was loaded further down may not join on to it any more.
  const head = createRefresher(async () => {
    await pages.reload();
    if (pages.refusal.value) throw pages.refusal.value;
  }, GAP_MS);
  const listed = computed(() => new Map(pages.items.value.map(({ coupon, claimed: count }) => [coupon.id, count])));
  watch(() => view.value?.coupons.map(({ id }) => id).join(), head.ask);
  onScopeDispose(head.stop);

  return {
    /** Of the two counts the greater: claims are not given back, and either may be late. Null until one is known. */
    claimedOf(id: string): number | null {
      const counts = [listed.value.get(id), claimed.value[id]].filter((count) => count !== undefined);
      return counts.length === 0 ? null : Math.max(...counts);
    },
    ended: computed(() => pages.items.value.filter(({ state }) => state === "ended")),
    hasMore: computed(() => pages.state.value !== "end" && pages.items.value.length > 0),
    loadMore: pages.more,
  };
}
