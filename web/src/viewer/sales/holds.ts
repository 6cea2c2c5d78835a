/**
 * What one buyer holds: read from the server at every connection and whenever another device may have changed it, and kept up
 * to date by what is answered meanwhile.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { Hold } from "@shared/wire";
import { isLive } from "./sale-moment";

export interface Holds {
  all: Readonly<ShallowRef<readonly Hold[]>>;
  /** Live now, with units of a sale of this room. */
  live: ComputedRef<readonly Hold[]>;
  take: (hold: Hold) => void;
  /** Asks the server; when it cannot be asked, the next connection asks again. */
  refresh: () => Promise<void>;
  /** Asks the server once within so many ms, however often this is called. */
  refreshWithin: (ms: number) => void;
  clear: () => void;
}

export interface HoldsSource {
  now: Readonly<Ref<number>>;
  isHere: (sale: string) => boolean;
  load: () => Promise<readonly Hold[] | null>;
  /** A hold's time is over, before our eyes. */
  ranOut: (hold: Hold) => void;
}

/** By then the server has noticed, too, that a hold has run out. */
const LOAD_AFTER_MS = 1_000;

export function useHolds({ now, isHere, load, ranOut }: HoldsSource): Holds {
  const all = shallowRef<readonly Hold[]>([]);
  const live = computed(() =>
    all.value.filter((hold) => isLive(hold, now.value) && hold.lines.some(({ sale }) => isHere(sale))),
  );
  /** Counts what was learnt, so that a list that was asked for before does not undo it. */
  let learnt = 0;
  const learntAt = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerDueMs = Number.POSITIVE_INFINITY;
  onScopeDispose(() => clearTimeout(timer));

  async function refresh(): Promise<void> {
    const since = learnt;
    const listed = await load().catch(() => null);
    if (!listed) return;
    const told = new Set(listed.map(({ id }) => id));
    // The list has what ended lately, too: what it does not have is on a page of it that was not asked for.
    const kept = all.value.filter(
      (hold) => (learntAt.get(hold.id) ?? 0) > since || (!told.has(hold.id) && isLive(hold, now.value)),
    );
    const known = new Set(kept.map(({ id }) => id));
    all.value = [...kept, ...listed.filter(({ id }) => !known.has(id))];
  }

  function refreshWithin(ms: number): void {
    const dueMs = performance.now() + ms;
    if (dueMs >= timerDueMs) return;
    clearTimeout(timer);
    timerDueMs = dueMs;
    timer = setTimeout(() => {
      timerDueMs = Number.POSITIVE_INFINITY;
      void refresh();
    }, ms);
  }

  watch(live, (here, before) => {
    const still = new Set(here.map(({ id }) => id));
    for (const { id } of before) {
      const hold = all.value.find((other) => other.id === id);
      if (!hold || still.has(id) || (hold.state !== "held" && hold.state !== "expired")) continue;
      ranOut(hold);
      refreshWithin(LOAD_AFTER_MS);
    }
  });

  return {
    all,
    live,
    refresh,
    refreshWithin,
    take(hold) {
      learntAt.set(hold.id, ++learnt);
      all.value = [hold, ...all.value.filter(({ id }) => id !== hold.id)];
    },
    clear() {
      learntAt.clear();
      all.value = [];
    },
  };
}
