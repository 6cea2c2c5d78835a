/**
 * The chat of the moment that is watched. What cannot be had is asked for again a little later; until then those of the room's last
 * lines stand in that had been said by then.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from "vue";
import { call } from "@shared/api";
import type { ShownLines } from "@shared/api-types";
import { useLeaving } from "@shared/useLeaving";
import type { ChatLine, ControlData } from "@shared/wire";
import type { ShowItem } from "./items";
import { moderatedSaid, saidAt, STRETCH_MS, stretchesFor, type ShownLine } from "./said";

/** Of one stretch; what a crowd says in ten minutes beyond that is left out. */
const PAGES_MAX = 20;
/** Stretches kept, the one that is watched among them. */
const KEPT_MAX = 4;
/** So often it is looked whether something is missing. */
const LOOK_EVERY_MS = 10_000;
/** A server that gives none is asked no more, until another stretch is watched. */
const FAILED_MAX = 6;

export interface Said {
  lines: ComputedRef<readonly ChatLine[]>;
  /** A moderator took something away, or put it back. */
  moderate: (data: ControlData) => void;
}

export interface SaidSource {
  show: () => ShowItem | null;
  /** The moment that is watched, Unix ms; null while nothing is. */
  momentTs: () => number | null;
  /** The room's last lines. */
  last: () => readonly ChatLine[];
  /** Counts when something may have happened that nobody told. */
  renewals: () => number;
}

export function useSaid({ show, momentTs, last, renewals }: SaidSource): Said {
  /** By recording and stretch; null while it is asked for. */
  const known = shallowRef(new Map<string, ShownLine[] | null>());
  /** What is to be asked for again, and shown as it was until then. */
  const stale = new Set<string>();
  const signal = useLeaving();
  let failed = 0;

  const wanted = computed(() => {
    const [item, moment] = [show(), momentTs()];
    return item && moment !== null
      ? stretchesFor(item.startedTs, moment).map((index) => ({ item, index, key: `${item.id}/${index}` }))
      : [];
  });
  const keys = computed(() => wanted.value.map(({ key }) => key).join(" "));
  const lines = computed<readonly ChatLine[]>(() => {
    const moment = momentTs();
    if (moment === null) return [];
    const found = wanted.value.map(({ key }) => known.value.get(key) ?? null);
    if (found.some((stretch) => stretch !== null))
      return saidAt(
        found.flatMap((stretch) => stretch ?? []),
        moment,
      );
    return saidAt(
      last().map((line) => ({ at_ts: line.ts, line })),
      moment,
    );
  });

  function note(key: string, stretch: ShownLine[] | null | undefined): void {
    const next = new Map(known.value);
    next.delete(key);
    if (stretch !== undefined) next.set(key, stretch);
    for (const old of [...next.keys()].slice(0, Math.max(0, next.size - KEPT_MAX))) next.delete(old);
    known.value = next;
  }

  async function load(item: ShowItem, index: number, key: string): Promise<void> {
    if (!stale.delete(key)) note(key, null);
    const from = item.startedTs + index * STRETCH_MS;
    const stretch: ShownLine[] = [];
    try {
      let after: string | null = null;
      for (let page = 0; page < PAGES_MAX; page++) {
        const query = { from_ts: from, to_ts: from + STRETCH_MS, after };
        const said: ShownLines = await call("GET /api/recordings/{recording}/chats", {
          path: { recording: item.id },
          query,
          anonymous: true,
          signal,
        });
        stretch.push(...said.items);
        after = said.next;
        if (after === null) break;
      }
      failed = 0;
      note(key, stretch);
    } catch {
      failed++;
      if (known.value.get(key)) stale.add(key);
      else note(key, undefined);
    }
  }

  function look(): void {
    if (failed >= FAILED_MAX) return;
    for (const { item, index, key } of wanted.value)
      if (!known.value.has(key) || stale.has(key)) void load(item, index, key);
  }

  function outdate(): void {
    for (const [key, stretch] of known.value) if (stretch) stale.add(key);
  }

  watch(
    keys,
    () => {
      failed = 0;
      look();
    },
    { immediate: true },
  );
  // With the next look, which all who were away at once have at different times.
  watch(renewals, outdate);
  const timer = setInterval(look, LOOK_EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return {
    lines,
    moderate(data) {
      // When a line was shown that is put back, the server knows.
      if (data.type === "chat_restore") outdate();
      else
        known.value = new Map([...known.value].map(([key, stretch]) => [key, stretch && moderatedSaid(stretch, data)]));
    },
  };
}
