/**
 * HLS by hls.js, which is loaded when a picture is first wanted. Mends itself for as long as it is wanted:
 *
 *     playing --network error--> load on after a pause --again and again--> build anew
 *     playing --media error----> recoverMediaError ------again-----------> build anew
 *     playing --stands still---> to the live edge --------still-----------> build anew
 *     playing --pieces gone----------------------------------------------> build anew
 *
 * Pauses double up to a bound. A server that restarts, or a programme that begins anew, needs no reload of the page.
 */
import type HlsPlayer from "hls.js";
import type { ErrorData, HlsConfig } from "hls.js";
import workerUrl from "hls.js/dist/hls.worker.js?worker&url";
import { backoffMs } from "../backoff";
import type { Facts, Range, Way, WayEvents } from "./way";

const RETRY = { minMs: 500, maxMs: 8_000 };
/** Errors of the network that loading on is tried for, before all is built anew. */
const LOAD_ON_MAX = 3;
const LOOK_EVERY_MS = 1_000;
/** Standing still for so long, it goes to the live edge; for so long, it builds anew. */
const STILL_MS = 4_000;
const STUCK_MS = 12_000;
/** Pieces that the playlist names and the server does not have: it has begun anew, and what we know of it is of no use. */
const GONE_MAX = 2;
/** Playing well for so long, what went wrong before is forgotten. */
const WELL_MS = 20_000;
/** Less than a picture lasts, more than times are rounded by. */
export const BUFFERED_WITHIN_S = 0.01;
/** More than times are rounded by, less than the shortest sample lasts. */
export const ROUNDED_WITHIN_S = 0.001;
/**
 * Who follows the live picture is not left further behind than this. hls.js catches up in fast motion only from less than a target
 * duration (4 s) and its target latency behind; who was further, but not so far as to be pulled along, would stay there for good.
 */
const BEHIND_MAX_S = 4;

/** Sound begins a few milliseconds after the picture, and hls.js takes a start before the first sound for none at all. */
const START_S = 0.2;

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.5,
  // A stall moves the viewer further from the live edge for good; hls.js's own whole second is more than the delay itself.
  liveSyncOnStallIncrease: 0.2,
  enableWorker: true,
  workerPath: workerUrl,
  backBufferLength: 30,
  liveDurationInfinity: true,
};

export interface HlsOptions extends WayEvents {
  video: HTMLVideoElement;
  url: string;
  /** Whether the viewer wants the newest picture, and has not gone back on purpose. */
  following: () => boolean;
  /** A recording is not followed, and may stand still for as long as the viewer likes. */
  live?: boolean;
  /** From the beginning of what goes on still, and not at its live edge. */
  fromStart?: boolean;
  /** It was built anew, which starts at the live edge. */
  onAnew?: () => void;
  /** The browser has no Media Source Extensions: hls.js is of no use here. */
  onUnsupported: () => void;
}

export function playHls({ video, url, following, live = true, fromStart = false, onAnew, onUnsupported }: HlsOptions): Way {
  let hls: HlsPlayer | null = null;
  let stopped = false;
  let attempt = 0;
  let loadOns = 0;
  let mediaErrors = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = 0;
  let doomed = false;
  let lastTimeS = -1;
  let movedAt = Date.now();
  let troubledAt = Date.now();

  async function build(): Promise<void> {
    const { default: Hls } = await import("hls.js");
    if (stopped) return;
    if (!Hls.isSupported()) {
      onUnsupported();
      return;
    }
    hls?.destroy();
    doomed = false;
    hls = new Hls(fromStart ? { ...CONFIG, startPosition: START_S } : CONFIG);
    takeEveryPart(hls);
    movedAt = Date.now();
    onAnew?.();
    hls.on(Hls.Events.ERROR, (_event, data) => onError(data, Hls));
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  /** After a pause that grows. */
  function later(act: () => void): void {
    clearTimeout(timer);
    troubledAt = Date.now();
    timer = setTimeout(act, backoffMs(attempt++, RETRY, Math.random()));
  }

  function anew(): void {
    loadOns = mediaErrors = gone = 0;
    lastTimeS = -1;
    doomed = true;
    // The last frame stays until the next one is there.
    hls?.stopLoad();
    // The chunk itself may be what could not be loaded.
    later(() => void build().catch(anew));
  }

  function onError(data: ErrorData, Hls: typeof HlsPlayer): void {
    if (doomed) return;
    const code = data.response?.code;
    if (data.frag && (code === 404 || code === 410) && ++gone >= GONE_MAX) {
      anew();
      return;
    }
    if (!data.fatal) return;
    const hadPlaylist = (hls?.levels.length ?? 0) > 0 && data.details !== Hls.ErrorDetails.LEVEL_PARSING_ERROR;
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && hadPlaylist && loadOns++ < LOAD_ON_MAX) {
      later(() => hls?.startLoad());
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mediaErrors++ < 2) {
      troubledAt = Date.now();
      if (mediaErrors === 2) hls?.swapAudioCodec();
      hls?.recoverMediaError();
    } else anew();
  }

  function look(): void {
    const now = Date.now();
    // Only onwards counts: to go round in what is buffered is to stand still. Who goes back on purpose starts over.
    if (video.currentTime > lastTimeS || video.paused || !following()) {
      lastTimeS = video.currentTime;
      movedAt = now;
      if (now - troubledAt > WELL_MS) attempt = loadOns = mediaErrors = gone = 0;
    }
    const range = liveRange();
    if (!live || !hls || doomed) return;
    const stillMs = now - movedAt;
    if (stillMs > STUCK_MS) {
      movedAt = now;
      anew();
    } else if (following() && range && (stillMs > STILL_MS || range.liveS - video.currentTime > BEHIND_MAX_S) && video.currentTime > 0) toLive();
  }

  function liveRange(): Range | null {
    const liveS = hls?.liveSyncPosition;
    const { seekable } = video;
    if (typeof liveS !== "number" || seekable.length === 0) return null;
    return { startS: seekable.start(0), liveS };
  }

  function toLive(): void {
    const range = liveRange();
    if (range && Math.abs(range.liveS - video.currentTime) > 0.5) video.currentTime = range.liveS;
  }

  const watch = setInterval(look, LOOK_EVERY_MS);
  void build().catch(anew);

  return {
    kind: "hls",
    pictureTs: () => hls?.playingDate?.getTime() ?? null,
    range: liveRange,
    toLive,
    facts: (): Facts => ({ bitrateBps: hls?.levels[hls.currentLevel]?.bitrate ?? null, bufferMs: aheadMs(video) }),
    stop() {
      stopped = true;
      clearInterval(watch);
      clearTimeout(timer);
      hls?.destroy();
      hls = null;
    },
  };
}

interface Loader {
  fragmentTracker?: { bufferPadding?: number };
  getNextFragment?: (positionS: number, details: unknown) => unknown;
}

/**
 * What keeps hls.js 1.7.4 from standing still at the end of a segment until the viewer is pulled to the live edge. There is no
 * setting for either, so this looks inside, and leaves alone what it does not find:
 *
 * - It takes a segment for loaded once all but 0.2 s of it is buffered. A last part shorter than that, if it was not asked for by
 *   then, it may never ask for.
 * - It looks for what comes next where the buffer ends, and a rounding error (1e-14 s) leads it into the segment that is there
 *   already. It notices, unless it has forgotten of a part that it had loaded it, as happens when a playlist comes meanwhile.
 */
export function takeEveryPart(hls: HlsPlayer): void {
  const { networkControllers } = hls as unknown as { networkControllers?: Loader[] };
  for (const loader of networkControllers ?? []) {
    const { fragmentTracker: tracker, getNextFragment } = loader;
    if (!tracker || !getNextFragment) continue;
    if (typeof tracker.bufferPadding === "number") tracker.bufferPadding = BUFFERED_WITHIN_S;
    loader.getNextFragment = (positionS, details) => getNextFragment.call(loader, positionS + ROUNDED_WITHIN_S, details);
  }
}

/** How much of the picture is there already. */
export function aheadMs(video: HTMLVideoElement): number | null {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime) return (buffered.end(index) - currentTime) * 1_000;
  }
  return null;
}
