/**
 * The picture by WebRTC (WHEP): under half a second old, and no way to go back. Tells (`onLost`) when the server has no room,
 * when no path is found, or when the picture keeps standing still; HLS has to do then. Which moment the picture shows is told by
 * its own RTP timestamp (rtp-time.ts); where a browser keeps that to itself, the way and the jitter buffer are what it is late by.
 */
import { asRefusal, Refusal } from "../refusal";
import { openSession, type RtcSession } from "../rtc/session";
import { pictureTsOf } from "./rtp-time";
import type { Way, WayEvents } from "./way";

const LOOK_EVERY_MS = 1_000;
/** No first frame for so long: the server waits for a keyframe, which may take a camera ten seconds; HLS has a picture now. */
const FIRST_MS = 3_000;
/** No frame for so long is a standstill. */
const STILL_MS = 3_500;
const STILLS_MAX = 3;
/** Standstills further apart than this have nothing to do with each other. */
const STILLS_WITHIN_MS = 60_000;
/** A path that is gone for so long gets one ICE restart; one that stays gone for twice as long is given up. */
const GONE_MS = 4_000;

export interface WhepOptions extends WayEvents {
  video: HTMLVideoElement;
  url: string;
  token: () => string | null;
  /** Without sound for a preview. */
  silent?: boolean;
}

export function playWhep({ video, url, token, serverNow, onLost, silent = false }: WhepOptions): Way {
  const stream = new MediaStream();
  const abort = new AbortController();
  let session: RtcSession | null = null;
  let over = false;
  let frames = 0;
  let framesAt = Date.now();
  let stills = 0;
  let stillAt = 0;
  let goneAt: number | null = null;
  let restarted = false;
  let receiver: RTCRtpReceiver | null = null;
  let guessedMs: number | null = null;
  let bufferMs: number | null = null;
  let bitrateBps: number | null = null;
  let bytes: { n: number; at: number } | null = null;

  function stop(): void {
    over = true;
    abort.abort();
    clearInterval(watch);
    session?.close();
    session = null;
    if (video.srcObject === stream) video.srcObject = null;
  }

  function lose(why: Refusal | null): void {
    if (over) return;
    stop();
    onLost?.(why);
  }

  async function open(): Promise<void> {
    const opened = await openSession({
      url,
      token,
      signal: abort.signal,
      prepare(peer) {
        receiver = peer.addTransceiver("video", { direction: "recvonly" }).receiver;
        if (!silent) peer.addTransceiver("audio", { direction: "recvonly" });
        peer.ontrack = ({ track }) => stream.addTrack(track);
      },
    });
    if (over) {
      opened.close();
      return;
    }
    session = opened;
    framesAt = Date.now();
    video.srcObject = stream;
    void video.play().catch(() => undefined);
  }

  async function look(): Promise<void> {
    const peer = session?.peer;
    if (!peer) return;
    const now = Date.now();
    await measure(peer, now);
    if (over) return;
    const connected = peer.iceConnectionState === "connected" || peer.iceConnectionState === "completed";
    if (connected) {
      goneAt = null;
      restarted = false;
    } else goneAt ??= now;
    if (goneAt !== null && (peer.iceConnectionState === "failed" || now - goneAt > GONE_MS)) {
      if (restarted) {
        lose(null);
        return;
      }
      restarted = true;
      goneAt = now;
      session?.restart().catch((thrown: unknown) => lose(thrown instanceof Refusal ? thrown : null));
    } else if (connected && frames === 0 && now - framesAt > FIRST_MS) {
      lose(null);
    } else if (connected && now - framesAt > STILL_MS) {
      framesAt = now;
      stills = now - stillAt > STILLS_WITHIN_MS ? 1 : stills + 1;
      stillAt = now;
      if (stills >= STILLS_MAX) lose(null);
    }
  }

  async function measure(peer: RTCPeerConnection, now: number): Promise<void> {
    let rttMs = 0;
    const report = (await peer.getStats()) as unknown as Map<string, Record<string, unknown>>;
    for (const row of report.values()) {
      if (row.type === "candidate-pair" && row.nominated === true && typeof row.currentRoundTripTime === "number")
        rttMs = row.currentRoundTripTime * 1_000;
      if (row.type !== "inbound-rtp" || row.kind !== "video") continue;
      const decoded = Number(row.framesDecoded ?? 0);
      if (decoded > frames) framesAt = now;
      frames = decoded;
      const emitted = Number(row.jitterBufferEmittedCount ?? 0);
      if (emitted > 0) bufferMs = (Number(row.jitterBufferDelay ?? 0) / emitted) * 1_000;
      const n = Number(row.bytesReceived ?? 0);
      if (bytes && now > bytes.at) bitrateBps = ((n - bytes.n) * 8_000) / (now - bytes.at);
      bytes = { n, at: now };
    }
    guessedMs = rttMs / 2 + (bufferMs ?? 0);
  }

  function pictureTs(): number | null {
    if (frames === 0) return null;
    const nowTs = serverNow();
    // The newest comes first (W3C WebRTC 1.0, 5.3); it tells of the frame that was last given to the <video>.
    const told = pictureTsOf(receiver?.getSynchronizationSources?.()[0]?.rtpTimestamp, nowTs);
    return told ?? (guessedMs === null ? null : nowTs - guessedMs);
  }

  const watch = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  open().catch((thrown: unknown) => lose(asRefusal(thrown)));

  return {
    kind: "whep",
    pictureTs,
    range: () => null,
    toLive: () => undefined,
    link: () => null,
    facts: () => ({ bitrateBps, bufferMs }),
    stop,
  };
}
