/** What is known of the link before anything was loaded, by the browser's own account (Network Information API; not in Safari). Pure. */
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

/** One thing that the page has loaded (PerformanceResourceTiming): bytes over the wire, none from a cache; times in ms. */
export interface Loaded {
  transferSize: number;
  responseStart: number;
  responseEnd: number;
}

/**
 * By what the browser says of the link, and by what the page itself has loaded (`loadedBps`). Not by the browser's `downlink`:
 * before it has measured anything, Chromium gives a typical one, 1.4 Mbit/s on a cable and 1.7 by 4G, and so it does on every fast one.
 */
export function isKnownSlow(connection: Connection | undefined, loaded: number | null): boolean {
  const { effectiveType = "4g", saveData = false, rtt = 0 } = connection ?? {};
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
      const flowed = samples.filter((sample, index) => sample.total > (samples[index - 1]?.total ?? sample.total)).length;
      if (flowed < FLOWS_SHARE * (samples.length - 1)) return null;
      return ((total - first.total) * 8_000) / (nowMs - first.ms);
    },
  };
}
