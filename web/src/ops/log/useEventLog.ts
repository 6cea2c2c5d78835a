/** The list of what has been done in the room, kept at its head by asking for the first page whenever something happens. */
import { onScopeDispose, ref, shallowReadonly, shallowRef, watch, type Ref } from "vue";
import { call, type Query, type Reply } from "@shared/api";
import { asRefusal, type Refusal } from "@shared/refusal";
import { NO_EVENTS, withEarlier, withLatest } from "@staff/event-log";
import { createRefresher } from "@staff/refresher";
import type { StaffRoom } from "@staff/staff-room";

const GAP_MS = 1_000;
const EVENTS = "GET /api/rooms/{room}/events";

/** Which of what was done: of these types, to or by this person, about this chat line. */
export type EventFilter = Pick<NonNullable<Query<typeof EVENTS>>, "types" | "person" | "line">;

/** `filter`: with another the list begins anew. */
export function useEventLog({ id, doings }: StaffRoom, filter: Readonly<Ref<EventFilter>>) {
  const page = (after: string | null, asked: EventFilter): Promise<Reply<typeof EVENTS>> =>
    call(EVENTS, { path: { room: id }, query: { ...asked, after } });
  const log = shallowRef(NO_EVENTS);
  const loaded = ref(false);
  const loadingMore = ref(false);
  const refusal = shallowRef<Refusal | null>(null);

  const head = createRefresher(async () => {
    const asked = filter.value;
    try {
      const latest = await page(null, asked);
      if (filter.value !== asked) return;
      log.value = withLatest(log.value, latest);
      loaded.value = true;
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
      throw thrown;
    }
  }, GAP_MS);

  async function loadMore(): Promise<void> {
    const { next } = log.value;
    const asked = filter.value;
    if (next === null || loadingMore.value) return;
    loadingMore.value = true;
    try {
      const earlier = await page(next, asked);
      // The list may have begun anew meanwhile; then this page does not join on to it.
      if (filter.value === asked && log.value.next === next) log.value = withEarlier(log.value, earlier);
      refusal.value = null;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
    }
    loadingMore.value = false;
  }

  watch(doings, head.ask, { immediate: true });
  watch(filter, () => {
    log.value = NO_EVENTS;
    loaded.value = false;
    head.ask();
  });
  onScopeDispose(head.stop);
  return {
    log: shallowReadonly(log),
    loaded,
    loadingMore,
    refusal: shallowReadonly(refusal),
    loadMore,
    reload: head.ask,
  };
}
