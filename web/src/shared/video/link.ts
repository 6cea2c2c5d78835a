/** What is known of the link before anything was loaded, by the browser's own account (Network Information API; not in Safari). Pure. */
export interface Connection {
  effectiveType?: string;
  saveData?: boolean;
  /** ms */
  rtt?: number;
  /** Mbit/s */
  downlink?: number;
}

/** A round trip for each part of 0.2 s takes too long from here on. */
export const RTT_SLOW_MS = 300;

/** What a stream of a phone's camera takes, and as much again for what is in its way, Mbit/s. */
export const DOWNLINK_SLOW = 2;
/** A browser that has loaded little so far guesses too low a rate; with such a round trip it may be right. */
export const RTT_FAR_MS = 100;

export function isKnownSlow(connection: Connection | undefined): boolean {
  if (!connection) return false;
  const { effectiveType, saveData, rtt = 0, downlink = Number.POSITIVE_INFINITY } = connection;
  // None at all: what a browser says while it knows nothing.
  const carriesLittle = downlink > 0 && downlink < DOWNLINK_SLOW && rtt >= RTT_FAR_MS;
  return saveData === true || (effectiveType !== undefined && effectiveType !== "4g") || rtt >= RTT_SLOW_MS || carriesLittle;
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
