/**
 * The one clock of a page: everything that counts down hangs on one timer, however many there are, and each is told no
 * more often than it asked for. Those of one period move together.
 */

interface Hand {
  everyMs: number;
  /** By performance.now(), which no change of the system's time moves. */
  dueMs: number;
  move: () => void;
}

const hands = new Set<Hand>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Calls `move` every `everyMs` until the answer is called. */
export function everyTick(everyMs: number, move: () => void): () => void {
  const hand: Hand = { everyMs, dueMs: next(everyMs), move };
  hands.add(hand);
  wind();
  return () => {
    hands.delete(hand);
    wind();
  };
}

/** How many hands the clock has; for tests. */
export const handsNow = (): number => hands.size;

function tick(): void {
  const now = performance.now();
  for (const hand of [...hands]) {
    // Of timers that fire a little early as well.
    if (hand.dueMs - now > 1 || !hands.has(hand)) continue;
    hand.dueMs = next(hand.everyMs);
    hand.move();
  }
  wind();
}

/** Whole periods, so that clocks which began apart move together. */
function next(everyMs: number): number {
  return (Math.floor((performance.now() + 1) / everyMs) + 1) * everyMs;
}

function wind(): void {
  clearTimeout(timer);
  if (hands.size === 0) return;
  timer = setTimeout(tick, Math.max(0, Math.min(...[...hands].map(({ dueMs }) => dueMs)) - performance.now()));
}
