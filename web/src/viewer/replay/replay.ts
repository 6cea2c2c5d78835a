/** Watching again, made once and shared by all its parts: what is chosen, its chapters, where one is, and the address of that. */
import {
  computed,
  inject,
  onScopeDispose,
  provide,
  shallowRef,
  watch,
  type ComputedRef,
  type InjectionKey,
  type Ref,
} from "vue";
import { useLiveRoom } from "../room/live-room";
import { queryOf } from "./address";
import { chosenOf, type Item, type Items, type ShowItem } from "./items";
import { markAt, marksOf, type Mark } from "./marks";
import { keepPlace, placeKept } from "./places";
import { createReplayPlayer, type ReplayPlayer } from "./player";
import { momentAt, placeOf, roughly, spansOf, type Span } from "./timeline";
import { useSaid, type Said } from "./useSaid";

export interface Replay {
  player: ReplayPlayer;
  items: Readonly<Ref<Items>>;
  chosen: ComputedRef<Item | null>;
  /** The show that is chosen, or that the chosen clip is of. */
  show: ComputedRef<ShowItem | null>;
  /** Somebody has asked to see it; before that it is an offer. */
  started: Readonly<Ref<boolean>>;
  /** The address asked for something that is not there any more. */
  missing: Readonly<Ref<boolean>>;
  marks: ComputedRef<Mark[]>;
  mark: ComputedRef<Mark | null>;
  /** The chat of the moment that is watched. */
  said: Said["lines"];
  /** Where the offer would go on; null for the beginning. */
  goOnAtS: Readonly<Ref<number | null>>;
  /** Plays what is offered, where one stopped or from a place. */
  begin: (fromS?: number) => void;
  choose: (item: Item) => void;
  jump: (mark: Mark) => void;
  /** From a clip to the show that it was cut from, or the newest one. */
  whole: () => void;
  /** The query of an address for what is chosen, or for this moment of it. */
  query: (moment: boolean) => string;
}

const KEY: InjectionKey<Replay> = Symbol("replay");
const KEEP_EVERY_MS = 5_000;
/** A chapter's place is only nearly known before the playlist is there. */
const NEAR_S = 1;

export function useReplay(): Replay {
  const found = inject(KEY);
  if (!found) throw new Error("nothing is being watched again here");
  return found;
}

export function provideReplay(): Replay {
  const { recordings, room, onModeration } = useLiveRoom();
  const { items, asked } = recordings;
  const player = createReplayPlayer();
  const first = chosenOf(items.value, asked);
  const chosenId = shallowRef(first.item?.id ?? null);
  const missing = shallowRef(first.missing);
  const started = shallowRef(false);
  const spans = shallowRef<{ id: string; spans: Span[] } | null>(null);
  /** The chapter that somebody wants to see, until its place is known. */
  let wanted: string | null = null;

  const chosen = computed(
    () => [...items.value.shows, ...items.value.clips].find(({ id }) => id === chosenId.value) ?? null,
  );
  const show = computed(() => (chosen.value?.kind === "clip" ? chosen.value.show : (chosen.value ?? null)));
  const marks = computed(() => {
    const item = show.value;
    if (!item) return [];
    const durationS =
      item.id === chosenId.value && player.durationS.value > 0 ? player.durationS.value : item.durationS;
    return marksOf(
      item.recording.chapters,
      spans.value?.id === item.id ? spans.value.spans : roughly(item.startedTs, item.durationS),
      durationS,
    );
  });
  const mark = computed(() =>
    started.value && chosen.value?.kind === "show" ? markAt(marks.value, player.atS.value) : null,
  );
  /** To the second: nobody reads faster. */
  const momentTs = computed(() => {
    const item = chosen.value;
    if (!item || !started.value) return null;
    const moment = momentAt(
      spans.value?.id === item.id ? spans.value.spans : roughly(item.startedTs, item.durationS),
      player.atS.value,
    );
    return moment === null ? null : Math.floor(moment / 1_000) * 1_000;
  });
  const said = useSaid({
    show: () => show.value,
    momentTs: () => momentTs.value,
    last: () => room.chats.value,
    renewals: () => room.renewals.value,
  });
  onScopeDispose(onModeration(said.moderate));
  const goOnAtS = shallowRef(first.missing ? null : firstPlace(first.item));

  function firstPlace(item: Item | null): number | null {
    if (item && asked.atS !== null && asked.atS < item.durationS) return asked.atS;
    return item?.kind === "show" ? placeKept(item.id) : null;
  }

  function keep(): void {
    const item = chosen.value;
    if (started.value && item?.kind === "show" && player.phase.value !== "loading")
      keepPlace(item.id, player.phase.value === "ended" ? 0 : player.atS.value, player.durationS.value);
  }

  function open(item: Item, startS: number): void {
    keep();
    chosenId.value = item.id;
    missing.value = false;
    started.value = true;
    goOnAtS.value = null;
    recordings.hold();
    player.load({
      url: item.hls,
      startS: Math.min(startS, Math.max(0, item.durationS - 0.5)),
      durationS: item.durationS,
      onPieces(pieces) {
        const found = spansOf(pieces);
        if (found.length > 0) spans.value = { id: item.id, spans: found };
        const place = marks.value.find(({ key }) => key === wanted)?.startS;
        wanted = null;
        if (place !== undefined && Math.abs(place - player.atS.value) > NEAR_S) player.seek(place);
      },
    });
    address(queryOf(idsOf(item)));
  }

  /** Of the newest show the address is the room's own. */
  function idsOf(item: Item): { clip?: string; recording?: string } {
    if (item.kind === "clip") return { clip: item.id };
    return item.id === items.value.shows[0]?.id ? {} : { recording: item.id };
  }

  // The list came anew: what is chosen may be gone, and what nobody has begun to watch may have a newer one before it.
  watch(items, (now) => {
    if (chosen.value && (started.value || asked.clip || asked.recording)) return;
    if (!chosen.value && started.value) {
      player.stop();
      started.value = false;
      missing.value = true;
      address("");
    }
    const { item } = chosenOf(now, { clip: null, recording: null });
    chosenId.value = item?.id ?? null;
    goOnAtS.value = firstPlace(item);
  });
  // A playlist that is gone: whoever deleted the recording took it out of the list, too.
  watch(player.trouble, (trouble) => {
    if (trouble === "gone") recordings.look();
  });
  watch(player.wants, keep);
  const timer = setInterval(() => player.wants.value && keep(), KEEP_EVERY_MS);
  const onHide = (): void => keep();
  addEventListener("pagehide", onHide);
  document.addEventListener("visibilitychange", onHide);
  onScopeDispose(() => {
    keep();
    clearInterval(timer);
    removeEventListener("pagehide", onHide);
    document.removeEventListener("visibilitychange", onHide);
  });

  const replay: Replay = {
    player,
    items,
    chosen,
    show,
    started,
    missing,
    marks,
    mark,
    said: said.lines,
    goOnAtS,
    begin(fromS) {
      if (chosen.value) open(chosen.value, fromS ?? goOnAtS.value ?? 0);
    },
    choose(item) {
      open(item, item.kind === "show" ? (placeKept(item.id) ?? 0) : 0);
    },
    jump(to) {
      const item = show.value;
      if (!item) return;
      if (started.value && item.id === chosenId.value && !player.trouble.value) {
        player.seek(to.startS);
        player.play();
        return;
      }
      if (spans.value?.id !== item.id) wanted = to.key;
      open(item, to.startS);
    },
    whole() {
      const clip = chosen.value;
      const item = show.value ?? items.value.shows[0];
      if (!item || !clip) return;
      const momentS =
        clip.kind === "clip" && clip.show ? placeOf(roughly(item.startedTs, item.durationS), clip.startedTs) : 0;
      open(item, placeKept(item.id) ?? momentS);
    },
    query: (moment) => (chosen.value ? queryOf({ ...idsOf(chosen.value), atS: moment ? player.atS.value : null }) : ""),
  };
  // Who pressed for a piece of it has asked already: it begins as soon as there is a place for it.
  const pressed = asked.mark ?? null;
  asked.mark = null;
  if (pressed !== null)
    watch(
      player.video,
      () => {
        const place = marks.value.find(({ key }) => key === pressed);
        if (place) replay.jump(place);
        else replay.begin();
      },
      { once: true, flush: "post" },
    );
  provide(KEY, replay);
  return replay;
}

/** What is watched is what the address says, so that a reload comes back to it. */
function address(query: string): void {
  history.replaceState(history.state, "", location.pathname + query);
}
