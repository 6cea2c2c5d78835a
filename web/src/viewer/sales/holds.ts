/** What one buyer holds: read from the server at every connection, kept up to date by what is answered meanwhile. */
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
  const live = computed(() => all.value.filter((hold) => isLive(hold, now.value) && hold.lines.some(({ sale }) => isHere(sale))));
  /** Counts what was learnt, so that a list that was asked for before does not undo it. */
  let learnt = 0;
  const learntAt = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(timer));

  async function refresh(): Promise<void> {
    const since = learnt;
    const listed = await load().catch(() => null);
    if (!listed) return;
    const newer = all.value.filter(({ id }) => (learntAt.get(id) ?? 0) > since);
    const known = new Set(newer.map(({ id }) => id));
    all.value = [...newer, ...listed.filter(({ id }) => !known.has(id))];
  }

  watch(live, (here, before) => {
    const still = new Set(here.map(({ id }) => id));
    for (const { id } of before) {
      const hold = all.value.find((other) => other.id === id);
      if (!hold || still.has(id) || (hold.state !== "held" && hold.state !== "expired")) continue;
      ranOut(hold);
      clearTimeout(timer);
      timer = setTimeout(() => void refresh(), LOAD_AFTER_MS);
    }
  });

  return {
    all,
    live,
    refresh,
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
