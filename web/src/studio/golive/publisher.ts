/**
 * Publishes this device's picture by WHIP, and keeps at it for as long as the host wants:
 *
 *     off --go--> starting --connected--> live --path lost--> mending --connected--> live
 *                    ^                                           | no path found
 *                    +------------- a pause that grows <---------+      anything --stop--> off
 *
 * A lost path is mended by an ICE restart: the same session, so that the server need not notice. When that finds none, a
 * new session of the same camera takes its place. In neither case does the show start anew.
 */
import { onScopeDispose, readonly, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useEventListener, useIntervalFn } from "@vueuse/core";
import { backoffMs } from "@shared/backoff";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { openSession, type RtcSession } from "@shared/rtc/session";
import type { CameraKey } from "./camera-key";
import { readingOf, type Counters, type Reading } from "./reading";
import { nextStep, SILENT_MS, type Link } from "./mending";
import { sendTracks, swapTracks } from "./sending";

export type PublishState = "off" | "starting" | "live" | "mending" | "waiting";

export interface Publisher {
  state: Readonly<Ref<PublishState>>;
  /** Why it waits, or why it went off by itself. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  reading: Readonly<ShallowRef<Reading | null>>;
  /** When it went live, on this device's clock. */
  sinceMs: Readonly<Ref<number | null>>;
  go: () => void;
  stop: () => void;
}

export interface PublisherOptions {
  stream: Readonly<ShallowRef<MediaStream | null>>;
  bitrateBps: () => number;
  /** This device's camera; made if there is none. Throws Refusal. */
  key: () => Promise<CameraKey>;
  /** The server does not know that camera or token any more. */
  forgetKey: () => void;
}

const RETRY = { minMs: 500, maxMs: 5_000 };
const LOOK_EVERY_MS = 500;
/** A reading of the statistics every so many looks. */
const READ_EVERY = 2;
const STALE_KEY: readonly number[] = [CODE.cameraNotFound, CODE.unauthenticated, CODE.badToken, CODE.forbidden];
/** Trying again does not help against these. */
const FINAL: readonly number[] = [CODE.mediaNotAccepted, CODE.roomNotFound];

export function createPublisher({ stream, bitrateBps, key, forgetKey }: PublisherOptions): Publisher {
  const state = shallowRef<PublishState>("off");
  const refusal = shallowRef<Refusal | null>(null);
  const reading = shallowRef<Reading | null>(null);
  const sinceMs = shallowRef<number | null>(null);
  let session: RtcSession | null = null;
  let abort = new AbortController();
  let attempt = 0;
  let staleKeys = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let counters: Counters | null = null;
  let looks = 0;
  let heardAtMs: number | null = null;
  let link: Link = { downAtMs: null, mendedAtMs: null, mending: false };

  function drop(): void {
    clearTimeout(retryTimer);
    abort.abort();
    abort = new AbortController();
    session?.close();
    session = null;
    counters = null;
    heardAtMs = null;
    link = { downAtMs: null, mendedAtMs: null, mending: false };
  }

  function turnOff(why: Refusal | null): void {
    drop();
    state.value = "off";
    reading.value = null;
    sinceMs.value = null;
    refusal.value = why;
  }

  async function open(): Promise<void> {
    drop();
    const { signal } = abort;
    const source = stream.value;
    if (!source) return;
    if (sinceMs.value === null) state.value = "starting";
    else state.value = "mending";
    try {
      const { whip, token } = await key();
      signal.throwIfAborted();
      const opened = await openSession({
        url: whip,
        token: () => token,
        signal,
        prepare: (peer) => sendTracks(peer, source, bitrateBps()),
      });
      if (signal.aborted) opened.close();
      else session = opened;
    } catch (thrown) {
      if (!signal.aborted) failed(asRefusal(thrown));
    }
  }

  function failed(why: Refusal): void {
    if (STALE_KEY.includes(why.code) && staleKeys++ < 1) {
      forgetKey();
      void open();
      return;
    }
    if (FINAL.includes(why.code) || STALE_KEY.includes(why.code)) {
      turnOff(why);
      return;
    }
    refusal.value = why;
    state.value = "waiting";
    // Who holds the camera may be ourselves, before a reload: the server lets go when it hears nothing for a while.
    const wait = Math.min(RETRY.maxMs, why.retryAfterMs ?? backoffMs(attempt++, RETRY, Math.random()));
    retryTimer = setTimeout(() => void open(), wait);
  }

  async function mend(): Promise<void> {
    const mended = session;
    if (!mended) return;
    link = { ...link, mending: true, mendedAtMs: performance.now() };
    try {
      await mended.restart();
    } catch (thrown) {
      const { code } = asRefusal(thrown);
      // Without a network nothing is decided; that the session is over is.
      if (session === mended && code !== CODE.offline && code !== CODE.noAnswer) void open();
    }
    if (session === mended) link = { ...link, mending: false };
  }

  async function look(): Promise<void> {
    const watched = session;
    if (!watched) return;
    const now = performance.now();
    const silent = heardAtMs !== null && now - heardAtMs > SILENT_MS;
    const { connectionState } = watched.peer;
    const { step, link: next } = nextStep(
      link,
      silent && connectionState === "connected" ? "disconnected" : connectionState,
      now,
    );
    link = next;
    if (step === "up") {
      state.value = "live";
      refusal.value = null;
      attempt = staleKeys = 0;
      sinceMs.value ??= Date.now();
    } else if (sinceMs.value !== null) state.value = "mending";
    if (step === "mend") void mend();
    if (step === "reopen") void open();
    if (connectionState === "connected" && ++looks % READ_EVERY === 0) await read(watched);
  }

  async function read(watched: RtcSession): Promise<void> {
    const report = (await watched.peer.getStats()) as unknown as Map<string, Record<string, unknown>>;
    if (watched !== session) return;
    const next = readingOf(report.values(), performance.now(), counters);
    if (!next) return;
    if (counters) reading.value = next.reading;
    if (counters?.heard !== next.counters.heard) heardAtMs = performance.now();
    counters = next.counters;
  }

  /** Another network, or one again: what was tried on the old one is worth another try now. */
  function onNetwork(): void {
    if (state.value === "waiting") void open();
    else if (session && sinceMs.value !== null && !link.mending && navigator.onLine) void mend();
  }

  useIntervalFn(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  const connection = (navigator as Navigator & { connection?: EventTarget }).connection;
  useEventListener("online", onNetwork);
  useEventListener(connection, "change", onNetwork);
  // Pages that go away say so: the camera is free at once.
  useEventListener("pagehide", () => turnOff(null));
  watch(stream, (now) => {
    if (state.value === "off" || !now) return;
    if (session) swapTracks(session.peer, now, bitrateBps());
  });
  onScopeDispose(() => turnOff(null));

  return {
    state: readonly(state),
    refusal: shallowReadonly(refusal),
    reading: shallowReadonly(reading),
    sinceMs: readonly(sinceMs),
    go() {
      if (state.value !== "off" || !stream.value) return;
      attempt = staleKeys = 0;
      refusal.value = null;
      void open();
    },
    stop: () => turnOff(null),
  };
}
