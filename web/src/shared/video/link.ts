/**
 * What is known of the link: by the browser's own account (Network Information API; not in Safari), which is a guess that a busy
 * machine or a slow answer spoils, and by what was loaded. Pure.
 */
export interface Connection {
  effectiveType?: string;
  saveData?: boolean;
  /** ms */
  rtt?: number;
}

/** A round trip for each part of 0.2 s takes too long from here on. */
export const RTT_SLOW_MS = 300;

/** What a stream of a phone's camera takes, and as much again for what is in its way, bit/s. */
export const SLOW_BPS = 2_000_000;
/** With less than this loaded, a round trip weighs more than what the link carries. */
export const LOADED_BYTES = 100_000;
/** A first byte that comes within this comes from near. */
export const NEAR_MS = 100;

/** One thing that the page has loaded (PerformanceResourceTiming): bytes over the wire, none from a cache; times in ms. */
export interface Loaded {
  transferSize: number;
  responseStart: number;
  responseEnd: number;
}

/**
 * By what the browser says of the link, and by what the page itself has loaded (`loadedBps`, `loads`). Not by the browser's `downlink`:
 * before it has measured anything, Chromium gives a typical one, 1.4 Mbit/s on a cable and 1.7 by 4G, and so it does on every fast one.
 */
export function isKnownSlow(
  connection: Connection | undefined,
  loaded: number | null,
  loads: readonly Load[] = [],
): boolean {
  const { effectiveType = "4g", saveData = false, rtt = 0 } = connection ?? {};
  // A busy machine spoils the others: one load that was near, and one that was fast, no slow link could have brought.
  if (!saveData && loads.some(({ waitMs }) => waitMs < NEAR_MS) && loads.some((load) => isFast({ ...load, waitMs: 0 })))
    return false;
  return saveData || effectiveType !== "4g" || rtt >= RTT_SLOW_MS || (loaded !== null && loaded < SLOW_BPS);
}

/** What the link carried while anything was coming, bit/s; null where too little came by it to tell. */
export function loadedBps(all: readonly Loaded[]): number | null {
  const came = all.filter(({ transferSize }) => transferSize > 0).sort((a, b) => a.responseStart - b.responseStart);
  const bytes = came.reduce((sum, { transferSize }) => sum + transferSize, 0);
  if (bytes < LOADED_BYTES) return null;
  // What came side by side shared the link: the time of each counts once.
  let ms = 0;
  let untilMs = 0;
  for (const { responseStart, responseEnd } of came) {
    ms += Math.max(0, responseEnd - Math.max(responseStart, untilMs));
    untilMs = Math.max(untilMs, responseEnd);
  }
  return (bytes * 8_000) / ms;
}

export function connection(): Connection | undefined {
  return (navigator as Navigator & { connection?: Connection }).connection;
}

/** One load: how long its first byte took and then the rest, ms, and how much it was. */
export interface Load {
  waitMs: number;
  ms: number;
  bytes: number;
}

/** Less than this comes at once, and tells nothing of what a link carries. */
export const TELLING_BYTES = 8_000;

/** Whether a link that carried this is fast: parts get there in time, and twice `neededBps` does. */
export function isFast({ waitMs, ms, bytes }: Load, neededBps = SLOW_BPS): boolean {
  return bytes >= TELLING_BYTES && waitMs < NEAR_MS && bytes * 8_000 >= 2 * neededBps * ms;
}

/** What this page has loaded by the network (Resource Timing). */
export function loadsOf(entries: readonly PerformanceResourceTiming[]): Load[] {
  // What a cache gave has no transfer size, and what another origin keeps to itself has no times.
  return entries
    .filter(({ transferSize, requestStart }) => transferSize > 0 && requestStart > 0)
    .map(({ requestStart, responseStart, responseEnd, encodedBodySize }) => ({
      waitMs: responseStart - requestStart,
      ms: responseEnd - responseStart,
      bytes: encodedBodySize,
    }));
}

/** Bytes that came, so that a link that carries little is told from one that carries nothing. */
export interface Delivery {
  /** What was loaded in all, in bytes, at `ms`. */
  add: (bytes: number, nowMs: number) => void;
  /** When the last byte came, ms. */
  lastMs: () => number;
  /**
   * Over the last seconds, bit/s. Null before there is enough to tell, and where nothing came for much of that time: then the
   * link, or the server, was away.
   */
  bps: (nowMs: number) => number | null;
}

export const MEASURED_OVER_MS = 8_000;
const MEASURED_FROM_MS = 4_000;
/** In so much of that time something has to come. */
const FLOWS_SHARE = 0.7;

export function delivery(startMs: number): Delivery {
  let total = 0;
  let lastMs = startMs;
  let samples: { ms: number; total: number }[] = [{ ms: startMs, total: 0 }];
  return {
    add(bytes, nowMs) {
      if (bytes > 0) lastMs = nowMs;
      total += bytes;
      samples.push({ ms: nowMs, total });
      // The newest of those that are older stands for the beginning of the time.
      const first = samples.findLastIndex(({ ms }) => nowMs - ms >= MEASURED_OVER_MS);
      if (first > 0) samples = samples.slice(first);
    },
    lastMs: () => lastMs,
    bps(nowMs) {
      const first = samples[0];
      if (!first || nowMs - first.ms < MEASURED_FROM_MS) return null;
      const flowed = samples.filter(
        (sample, index) => sample.total > (samples[index - 1]?.total ?? sample.total),
      ).length;
      if (flowed < FLOWS_SHARE * (samples.length - 1)) return null;
      return ((total - first.total) * 8_000) / (nowMs - first.ms);
    },
  };
}
