/**
 * What was recorded in this room, once that is of interest: the show is over, or the address asks for it.
 *
 *     idle --of interest--> looking --some--> found          looking --none, and none awaited--> none
 *                              ^--- later, a few times ---'     looking --no answer, again and again--> failed --retry--> looking
 *
 * A recording is there some seconds after its show, so who saw the end asks again, less and less often, and not for ever.
 */
import { computed, onScopeDispose, readonly, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { call } from "@shared/api";
import type { RecordingList } from "@shared/api-types";
import { backoffMs } from "@shared/backoff";
import { useLeaving } from "@shared/useLeaving";
import { useInLanguage } from "@shared/words";
import type { RoomView } from "@shared/wire";
import { asksAtAll, parseAsked, type Asked } from "./address";
import { explanationsIn, type Explanation } from "./explained";
import { isAwaited, itemsOf, type Items } from "./items";

export type Finding = "idle" | "looking" | "found" | "none" | "failed";

export interface Recordings {
  finding: Readonly<Ref<Finding>>;
  items: ComputedRef<Items>;
  /** What the address asked for when the page was opened; nothing any more once somebody has left it. */
  asked: Asked;
  /** Whether what was recorded stands in the place of the live picture. */
  shown: ComputedRef<boolean>;
  /** Somebody came for something recorded, and it is being looked for. */
  coming: ComputedRef<boolean>;
  /** Where each product was explained, as far as it was learnt. */
  explained: ComputedRef<ReadonlyMap<string, Explanation>>;
  /** Learns that, while the show is on: now and then, for who looks at the bag. */
  learn: () => Promise<void>;
  /** Shows it in the place of the live picture. */
  explain: (what: Explanation) => void;
  /** Looks again: it failed, or what was listed is gone. */
  look: () => void;
  /** Somebody watches, and goes on doing so when the room is live again. */
  hold: () => void;
  /** The player could not be loaded. */
  lose: () => void;
  /** Back to what goes on in the room. */
  leave: () => void;
}

const AGAIN = { minMs: 1_000, maxMs: 10_000 };
const SPREAD_MS = 5_000;
/** Together about a minute. */
const LOOKS_MAX = 10;
const NOTHING: Items = { shows: [], clips: [] };
const NONE: ReadonlyMap<string, Explanation> = new Map();
const LEARN_EVERY_MS = 60_000;

export interface RecordingsSource {
  room: string;
  view: () => RoomView | null;
  serverNow: () => number;
}

export function useRecordings({ room, view, serverNow }: RecordingsSource): Recordings {
  const finding = shallowRef<Finding>("idle");
  const listed = shallowRef<RecordingList | null>(null);
  const worded = useInLanguage(listed);
  /** The one that somebody wants to see a piece of, which may go on yet. */
  const pieceOf = shallowRef<string | null>(null);
  const items = computed(() => (worded.value === null ? NOTHING : itemsOf(worded.value, pieceOf.value)));
  const explained = computed(() => (listed.value === null ? NONE : explanationsIn(listed.value)));
  let learntMs = Number.NEGATIVE_INFINITY;
  const held = shallowRef(false);
  const asked = parseAsked(location.search);
  const wanted = shallowRef(asksAtAll(asked));
  const signal = useLeaving();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  const status = computed(() => view()?.show.status ?? null);
  const isOver = computed(() => status.value === "ended");
  const ofInterest = computed(() => status.value !== null && (isOver.value || wanted.value));
  const any = computed(() => items.value.shows.length + items.value.clips.length > 0);

  async function ask(mine: number, attempt: number): Promise<void> {
    let again = false;
    try {
      const list = await call("GET /api/rooms/{room}/recordings", { path: { room }, anonymous: true, signal });
      if (mine !== round) return;
      listed.value = list;
      const show = view()?.show;
      again =
        isOver.value &&
        isAwaited(list, show?.live_ts ?? null, serverNow() - (show?.since_ts ?? 0)) &&
        attempt < LOOKS_MAX;
      finding.value = any.value ? "found" : again ? "looking" : "none";
    } catch {
      if (mine !== round) return;
      again = attempt < LOOKS_MAX;
      // What was listed before is likely to be there still; who has nothing is told after a few tries.
      if (!any.value && attempt >= 2) finding.value = "failed";
    }
    if (again) timer = setTimeout(() => void ask(mine, attempt + 1), backoffMs(attempt, AGAIN, Math.random()));
  }

  function look(): void {
    clearTimeout(timer);
    if (!any.value) finding.value = "looking";
    void ask(++round, 0);
  }

  function onOnline(): void {
    if (finding.value === "failed") look();
  }

  watch(
    [ofInterest, status],
    ([now, is], [before, was]) => {
      if (now === before && (is === "ended") === (was === "ended")) return;
      clearTimeout(timer);
      // All who saw the end would ask in the same moment, for what is not there yet.
      if (now && is === "ended" && was) timer = setTimeout(look, Math.random() * SPREAD_MS);
      else if (now) look();
      else if (!held.value) {
        round++;
        clearTimeout(timer);
        finding.value = "idle";
      }
    },
    { immediate: true },
  );
  addEventListener("online", onOnline);
  onScopeDispose(() => {
    round++;
    clearTimeout(timer);
    removeEventListener("online", onOnline);
  });

  return {
    finding: readonly(finding),
    items,
    explained,
    async learn() {
      if (performance.now() - learntMs < LEARN_EVERY_MS || wanted.value || isOver.value) return;
      learntMs = performance.now();
      const list = await call("GET /api/rooms/{room}/recordings", { path: { room }, anonymous: true, signal }).catch(
        () => null,
      );
      if (list) listed.value = list;
    },
    explain({ recording, mark }) {
      Object.assign(asked, { clip: null, recording, atS: null, mark } satisfies Asked);
      pieceOf.value = recording;
      wanted.value = true;
    },
    asked,
    coming: computed(() => wanted.value && (finding.value === "looking" || any.value)),
    shown: computed(() => any.value && (isOver.value || wanted.value || held.value)),
    look,
    hold: () => (held.value = true),
    lose() {
      listed.value = null;
      finding.value = "failed";
    },
    leave() {
      Object.assign(asked, { clip: null, recording: null, atS: null, mark: null } satisfies Asked);
      pieceOf.value = null;
      held.value = wanted.value = false;
    },
  };
}
