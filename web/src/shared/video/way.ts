/** A way for a picture to come to a <video>: HLS by hls.js, HLS by the browser itself, or WebRTC (WHEP). */
import type { Refusal } from "../refusal";

export type WayKind = "hls" | "native" | "whep";

/** What can be looked at, on the clock of the <video>, in seconds. `liveS`: where to be for the newest picture. */
export interface Range {
  startS: number;
  liveS: number;
}

/** Figures for the curious. */
export interface Facts {
  bitrateBps: number | null;
  /** Buffered ahead, in ms; of WebRTC, how long its jitter buffer holds frames. */
  bufferMs: number | null;
}

/** How the link does. */
export interface Link {
  /** Steps back from the live edge (pace.ts). */
  step: number;
  /** How often the picture ran dry in the last seconds. */
  dryLately: number;
  /** It waits until there is enough to go on. */
  holds: boolean;
  /** What comes, bit/s; null before that can be told. */
  deliveredBps: number | null;
  /** What the lowest rendition with a picture takes; null while that is unknown. */
  neededBps: number | null;
  /** The lowest of several renditions is shown, since the link carries no more. */
  lower: boolean;
}

export interface Way {
  readonly kind: WayKind;
  /** The moment (server time, ms) that the picture shows; null while that is unknown. */
  pictureTs: () => number | null;
  /** Null where one cannot go back. */
  range: () => Range | null;
  /** To the newest picture. */
  toLive: () => void;
  facts: () => Facts;
  /** Null where the way keeps that to itself. */
  link: () => Link | null;
  stop: () => void;
}

export interface WayEvents {
  /** The server's clock, ms. */
  serverNow: () => number;
  /** This way cannot go on, and another has to be taken; ways that mend themselves never tell. */
  onLost?: (why: Refusal | null) => void;
}
