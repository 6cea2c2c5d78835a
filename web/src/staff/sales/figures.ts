/** How a sale goes, asked for once a second while it is open and can be seen, less often when it is not open, and not out of sight. */
import { onScopeDispose, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useIntersectionObserver } from "@vueuse/core";
import type { SaleFigures } from "@shared/api-types";
import { withSample, type Series } from "../series";

const OPEN_EVERY_MS = 1_000;
/** Holds run out and people wait, even when nobody can buy. */
const ELSE_EVERY_MS = 5_000;
const FAILED_MS = 3_000;
const OUT_OF_SIGHT_MS = 500;

export interface SaleFiguresSource {
  element: Readonly<Ref<HTMLElement | null>>;
  isOpen: () => boolean;
  nowTs: () => number;
  load: () => Promise<SaleFigures>;
}

export interface SaleFiguresShown {
  figures: Readonly<ShallowRef<SaleFigures | null>>;
  taps: Readonly<ShallowRef<Series>>;
}

export function useSaleFigures({ element, isOpen, nowTs, load }: SaleFiguresSource): SaleFiguresShown {
  const figures = shallowRef<SaleFigures | null>(null);
  const taps = shallowRef<Series>([]);
  let inSight = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function next(): Promise<void> {
    let pause = OUT_OF_SIGHT_MS;
    if (inSight && document.visibilityState === "visible") {
      try {
        const told = await load();
        if (stopped) return;
        figures.value = told;
        taps.value = withSample(taps.value, { ts: nowTs(), value: told.taps_per_s });
        pause = isOpen() ? OPEN_EVERY_MS : ELSE_EVERY_MS;
      } catch {
        pause = FAILED_MS;
      }
    }
    if (!stopped) again(pause);
  }

  function again(afterMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void next(), afterMs);
  }

  useIntersectionObserver(element, (entries) => (inSight = entries.at(-1)?.isIntersecting ?? false));
  watch(isOpen, () => again(0));
  again(100);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
  });
  return { figures: shallowReadonly(figures), taps: shallowReadonly(taps) };
}

/** Reasons with their counts, most frequent first. Pure. */
export function refusals(refused: Readonly<Record<string, number>>): [name: string, count: number][] {
  return Object.entries(refused)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
}
