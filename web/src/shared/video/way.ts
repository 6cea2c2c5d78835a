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

export interface Way {
  readonly kind: WayKind;
  /** The moment (server time, ms) that the picture shows; null while that is unknown. */
  pictureTs: () => number | null;
  /** Null where one cannot go back. */
  range: () => Range | null;
  /** To the newest picture. */
  toLive: () => void;
  facts: () => Facts;
  stop: () => void;
}

export interface WayEvents {
  /** The server's clock, ms. */
  serverNow: () => number;
  /** This way cannot go on, and another has to be taken; ways that mend themselves never tell. */
  onLost?: (why: Refusal | null) => void;
}
