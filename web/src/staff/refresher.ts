/**
 * Loads something again when asked to, but not more often than once in `gapMs`, and never twice at a time: asked during a
 * pause or a load, it loads once more afterwards. A failed load is tried again after a longer pause, for as long as it
 * makes sense; `stop` ends it.
 */
import { asRefusal, CODE } from "@shared/refusal";

const FAILED_GAP_MS = 5_000;
/** Asking again does not help against these. */
const FINAL: readonly number[] = [
  CODE.forbidden,
  CODE.notYourRoom,
  CODE.unauthenticated,
  CODE.badToken,
  CODE.roomNotFound,
  CODE.nothingHere,
];

export interface Refresher {
  ask: () => void;
  stop: () => void;
}

export function createRefresher(load: () => Promise<void>, gapMs: number): Refresher {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading = false;
  let wanted = false;
  let stopped = false;
  let notBefore = 0;

  function ask(): void {
    if (stopped) return;
    wanted = true;
    if (loading || timer !== undefined) return;
    timer = setTimeout(() => void run(), Math.max(0, notBefore - Date.now()));
  }

  async function run(): Promise<void> {
    timer = undefined;
    wanted = false;
    loading = true;
    let gap = gapMs;
    try {
      await load();
    } catch (thrown) {
      gap = FAILED_GAP_MS;
      if (FINAL.includes(asRefusal(thrown).code)) stopped = true;
      else wanted = true;
    }
    loading = false;
    notBefore = Date.now() + gap;
    if (wanted) ask();
  }

  return {
    ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
