/** What a peer connection's statistics say about what leaves here. Pure: two reports give one reading. */

export interface Counters {
  atMs: number;
  bytes: number;
  packets: number;
  lost: number;
  /** Grows with whatever the other side says: reports, requests for keyframes, answers to our checks. */
  heard: number;
}

export interface Reading {
  bitrateBps: number;
  rttMs: number | null;
  /** Share of packets lost since the last reading, 0 to 1. */
  loss: number;
  fps: number;
  width: number;
  height: number;
  /** What holds the encoder back, if anything. */
  limited: "bandwidth" | "cpu" | null;
}

type Row = Record<string, unknown>;

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** The reading since `before` (null at first), and the counters for the next one. Null while no video leaves yet. */
export function readingOf(
  rows: Iterable<Row>,
  atMs: number,
  before: Counters | null,
): { reading: Reading; counters: Counters } | null {
  const all = [...rows];
  const sent = all.find(({ type, kind }) => type === "outbound-rtp" && kind === "video");
  if (!sent) return null;
  const heard = all.find(({ type, kind }) => type === "remote-inbound-rtp" && kind === "video");
  const pair = all.find(
    ({ type, nominated, currentRoundTripTime }) =>
      type === "candidate-pair" && nominated === true && typeof currentRoundTripTime === "number",
  );
  const transport = all.find(({ type }) => type === "transport");
  const counters: Counters = {
    atMs,
    bytes: number(sent.bytesSent),
    packets: number(sent.packetsSent),
    lost: number(heard?.packetsLost),
    heard: number(transport?.bytesReceived) + number(pair?.responsesReceived),
  };
  const rttS = typeof heard?.roundTripTime === "number" ? heard.roundTripTime : pair?.currentRoundTripTime;
  const limited = sent.qualityLimitationReason;
  return {
    counters,
    reading: {
      bitrateBps:
        before && atMs > before.atMs
          ? Math.max(0, ((counters.bytes - before.bytes) * 8_000) / (atMs - before.atMs))
          : 0,
      rttMs: typeof rttS === "number" ? rttS * 1_000 : null,
      loss: lossOf(counters, before),
      fps: number(sent.framesPerSecond),
      width: number(sent.frameWidth),
      height: number(sent.frameHeight),
      limited: limited === "bandwidth" || limited === "cpu" ? limited : null,
    },
  };
}

function lossOf(now: Counters, before: Counters | null): number {
  const sent = now.packets - (before?.packets ?? 0);
  const lost = now.lost - (before?.lost ?? 0);
  return sent <= 0 ? 0 : Math.min(1, Math.max(0, lost / sent));
}
