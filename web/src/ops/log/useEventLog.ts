/** The list of what has been done in the room, kept at its head by asking for the first page whenever something happens. */
import { onScopeDispose, ref, shallowReadonly, shallowRef, watch } from "vue";
import { asRefusal, type Refusal } from "@shared/refusal";
import { NO_EVENTS, withEarlier, withLatest } from "@staff/event-log";
import { createRefresher } from "@staff/refresher";
import type { StaffRoom } from "@staff/staff-room";

const GAP_MS = 1_000;

export function useEventLog({ calls, doings }: StaffRoom) {
  const log = shallowRef(NO_EVENTS);
  const loaded = ref(false);
  const loadingMore = ref(false);
  const refusal = shallowRef<Refusal | null>(null);

  const head = createRefresher(async () => {
    try {
      log.value = withLatest(log.value, await calls.events(null));
      loaded.value = true;
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
      throw thrown;
    }
  }, GAP_MS);

  async function loadMore(): Promise<void> {
    const { next } = log.value;
    if (next === null || loadingMore.value) return;
    loadingMore.value = true;
    try {
      const page = await calls.events(next);
      // The list may have begun anew meanwhile; then this page does not join on to it.
      if (log.value.next === next) log.value = withEarlier(log.value, page);
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
    loadingMore.value = false;
  }

  watch(doings, head.ask, { immediate: true });
  onScopeDispose(head.stop);
  return { log: shallowReadonly(log), loaded, loadingMore, refusal: shallowReadonly(refusal), loadMore };
}
