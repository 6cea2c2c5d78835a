/** What there is to watch again of a room whose show is over, asked for once its card is seen; kept for a while for all pages. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { RecordingList } from "@shared/api-types";
import { itemsOf } from "../replay/items";

export interface ReplayOf {
  durationMs: number;
  poster: string | null;
}

const FRESH_MS = 60_000;
const KEPT_MAX = 100;
const known = new Map<string, { at: number; asked: Promise<ReplayOf | null> }>();

/** `over`: whether the show is. `card`: what has to be seen first. */
export function useReplayOf(
  room: string,
  over: () => boolean,
  card: () => HTMLElement | null,
): ShallowRef<ReplayOf | null> {
  const found = shallowRef<ReplayOf | null>(null);
  let observer: IntersectionObserver | null = null;
  let round = 0;

  function stop(): void {
    round++;
    observer?.disconnect();
    observer = null;
  }

  watch(
    [over, card],
    ([isOver, element]) => {
      stop();
      if (!isOver) found.value = null;
      if (!isOver || !element) return;
      observer = new IntersectionObserver(([entry]) => {
        if (!entry?.isIntersecting) return;
        stop();
        const mine = round;
        void latest(room).then((replay) => mine === round && (found.value = replay));
      });
      observer.observe(element);
    },
    { immediate: true, flush: "post" },
  );
  onScopeDispose(stop);
  return found;
}

function latest(room: string): Promise<ReplayOf | null> {
  const kept = known.get(room);
  if (kept && performance.now() - kept.at < FRESH_MS) return kept.asked;
  // A card without the word is no fault worth telling of.
  const asked = call("GET /api/rooms/{room}/recordings", { path: { room }, anonymous: true }).then(newest, () => null);
  known.delete(room);
  known.set(room, { at: performance.now(), asked });
  for (const oldest of known.keys()) if (known.size > KEPT_MAX) known.delete(oldest);
  return asked;
}

function newest(list: RecordingList): ReplayOf | null {
  const { shows, clips } = itemsOf(list);
  const item = shows[0] ?? clips[0];
  return item ? { durationMs: Math.round(item.durationS * 1_000), poster: item.poster } : null;
}
