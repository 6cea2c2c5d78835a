/** When to mend a connection, and when to give it up for a new one. Pure: time is an argument. */

/** A short dip heals by itself within this time. */
export const DIP_MS = 1_500;
/** Browsers take long to call a connection disconnected; a server that has said nothing for so long is gone. */
export const SILENT_MS = 3_500;
/** One mending gets so long. */
export const MEND_MS = 4_000;
/** Down for so long, a new session is opened. */
export const GIVE_UP_MS = 12_000;
/** A session that never connected is given up sooner: nothing is lost with it. */
export const CONNECT_MS = 8_000;

export interface Link {
  downAtMs: number | null;
  mendedAtMs: number | null;
  /** A mending is on its way to the server. */
  mending: boolean;
}

export type Step = "up" | "wait" | "mend" | "reopen";

export function nextStep(link: Link, state: RTCPeerConnectionState, nowMs: number): { step: Step; link: Link } {
  if (state === "connected") return { step: "up", link: { ...link, downAtMs: null, mendedAtMs: null } };
  const downAtMs = link.downAtMs ?? nowMs;
  const next = { ...link, downAtMs };
  const downMs = nowMs - downAtMs;
  if (state === "closed" || downMs >= GIVE_UP_MS) return { step: "reopen", link: next };
  if (state === "new" || (state === "connecting" && link.mendedAtMs === null))
    return { step: downMs >= CONNECT_MS ? "reopen" : "wait", link: next };
  const lately = link.mendedAtMs !== null && nowMs - link.mendedAtMs < MEND_MS;
  if (link.mending || lately) return { step: "wait", link: next };
  return { step: state === "failed" || downMs >= DIP_MS ? "mend" : "wait", link: next };
}
