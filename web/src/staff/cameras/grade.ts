/** How good a link or a camera's picture is, in one word, from what is measured. Pure. */
import type { Health } from "@shared/api-types";

export type Grade = "good" | "fair" | "bad";

export interface Measured {
  /** Sent now and wanted, bit/s. */
  bitrateBps: number;
  targetBps: number;
  /** Round trip, ms; null while unknown. */
  rttMs: number | null;
  /** Share of packets lost, 0 to 1. */
  loss: number;
}

/** From here on a viewer may notice, and from here on he will. */
const LOSS: Steps = [0.02, 0.08];
const RTT_MS: Steps = [250, 600];
const JITTER_MS: Steps = [60, 200];
/** Share of the bitrate that is wanted: below the first the picture is softer, below the second it is poor. */
const SHARE_LEAST: Steps = [0.6, 0.3];
const FPS_LEAST: Steps = [14, 8];
/** Keyframes are asked for every two seconds. */
const KEYFRAME_AGE_MS: Steps = [5_000, 10_000];

type Steps = readonly [fair: number, bad: number];

/** The link of somebody who publishes from here. */
export function gradeOfLink({ bitrateBps, targetBps, rttMs, loss }: Measured): Grade {
  return worst(
    above(loss, LOSS),
    above(rttMs ?? 0, RTT_MS),
    below(targetBps > 0 ? bitrateBps / targetBps : 1, SHARE_LEAST),
  );
}

/** How a camera's picture arrives at the server. */
export function gradeOfHealth({ loss, rtt_ms, jitter_ms, fps, keyframe_age_ms }: Health): Grade {
  return worst(
    above(loss, LOSS),
    above(rtt_ms ?? 0, RTT_MS),
    above(jitter_ms, JITTER_MS),
    below(fps, FPS_LEAST),
    above(keyframe_age_ms ?? 0, KEYFRAME_AGE_MS),
  );
}

function above(value: number, [fair, bad]: Steps): Grade {
  return value > bad ? "bad" : value > fair ? "fair" : "good";
}

function below(value: number, [fair, bad]: Steps): Grade {
  return value < bad ? "bad" : value < fair ? "fair" : "good";
}

function worst(...grades: Grade[]): Grade {
  if (grades.includes("bad")) return "bad";
  return grades.includes("fair") ? "fair" : "good";
}
