/**
 * HLS by hls.js, which is loaded when a picture is first wanted. Mends itself for as long as it is wanted:
 *
 *     playing --network error--> load on after a pause --again and again--> build anew
 *     playing --media error----> recoverMediaError ------again-----------> build anew
 *     playing --stands still---> to the live edge --------still-----------> build anew
 *     playing --pieces gone----------------------------------------------> build anew
 *     playing --runs dry-------> hold until enough is there; again and again: a step back from the live edge (pace.ts)
 *
 * Pauses double up to a bound. A server that restarts, or a programme that begins anew, needs no reload of the page. To stand still
 * is not to be dry: as long as bytes come, what was asked for is waited for.
 */
import type HlsPlayer from "hls.js";
import type { ErrorData, FragLoadingData, HlsConfig, LevelDetails } from "hls.js";
import { backoffMs } from "../backoff";
import { webKit } from "./apple";
import { connection, delivery, isFast, isKnownSlow, loadedBps, loadsOf, TELLING_BYTES } from "./link";
import { paceFrom, ranDry, SLOW_START, stepOf, wentWell } from "./pace";
import type { Facts, Link, Range, Way, WayEvents } from "./way";

const RETRY = { minMs: 500, maxMs: 8_000 };
/** Errors of the network that loading on is tried for, before all is built anew. */
const LOAD_ON_MAX = 3;
const LOOK_EVERY_MS = 1_000;
/** Standing still for so long, it goes to the live edge; for so long, it builds anew. */
const STILL_MS = 4_000;
const STUCK_MS = 12_000;
/** However many bytes come: to stand still for longer is a hole, and no slow link. */
const STILL_MS_MAX = 45_000;
/** Running dry so long ago is news no more. */
const DRY_LATELY_MS = 15_000;
const DRY_KEPT_MAX = 10;
/** Loads under way at once: picture and sound, and some that were broken off. */
const LOADING_MAX = 16;
/** So many loads in a row tell what the link carries. */
const FAST_OVER = 3;
/** What the browser thinks of the link is no news before loads could show that it is wrong. */
const GUESS_TOLD_MS = 5_000;
/** Less than this ahead is dry. */
const DRY_MS = 300;
/** What was to be there before it goes on, and did not come within this, is not waited for. */
const REFILL_MS_MAX = 20_000;
/** A seek makes `waiting`, too. */
const SEEK_MS = 1_500;
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
/** Further behind than this, it is taken to the live edge at the price of a wait. */
const FAR_BEHIND_S = 40;

/** Sound begins a few milliseconds after the picture, and hls.js takes a start before the first sound for none at all. */
const START_S = 0.2;

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // On Apple's devices it is taken for the usual rate, and all plays too fast (hls.js issue 5527); in WebKitGTK the page stands still
  // for good once the rate is changed before the picture has begun.
  maxLiveSyncPlaybackRate: webKit() ? 1 : 1.5,
  // A stall moves the viewer further from the live edge for good; hls.js's own whole second is more than the delay itself.
  liveSyncOnStallIncrease: 0.2,
  // What we send is fragmented MP4 already, which goes through as it is: no work for a worker, which would be 36 kB and a round trip
  // before the first frame.
  enableWorker: false,
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

export function playHls({
  video,
  url,
  following,
  live = true,
  fromStart = false,
  onAnew,
  onUnsupported,
}: HlsOptions): Way {
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
  let pace = paceFrom(0, Date.now());
  let begunAt: number | null = null;
  /** Of the last loads that tell anything, whether they were fast. */
  let fast: boolean[] = [];
  let seekedAt = 0;
  /** Since when it waits for enough to be there; null when it does not. */
  let holdsFrom: number | null = null;
  const delivered = delivery(Date.now());
  /** What is being loaded, and how much of that was counted. */
  const loading = new Map<Load, { stats: LoadStats; counted: number }>();
  let dryAt: number[] = [];

  async function build(): Promise<void> {
    const { default: Hls } = await import("./hls");
    if (stopped) return;
    if (!Hls.isSupported()) {
      onUnsupported();
      return;
    }
    if (begunAt === null) {
      begunAt = Date.now();
      // Now that the largest piece of the page has come.
      const entries = ["navigation", "resource"].flatMap(
        (type) => performance.getEntriesByType(type) as PerformanceResourceTiming[],
      );
      pace = paceFrom(
        live && isKnownSlow(connection(), loadedBps(entries), loadsOf(entries)) ? SLOW_START : 0,
        begunAt,
      );
    }
    hls?.destroy();
    doomed = false;
    hls = new Hls({ ...CONFIG, lowLatencyMode: stepOf(pace).parts, ...(fromStart ? { startPosition: START_S } : {}) });
    takeEveryPart(hls);
    movedAt = Date.now();
    loading.clear();
    release();
    onAnew?.();
    hls.on(Hls.Events.ERROR, (_event, data) => onError(data, Hls));
    hls.on(Hls.Events.FRAG_LOADING, (_event, { frag, part }) => watchLoad(part ?? frag));
    if (live) fetchSoundOnce(hls, Hls);
    hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => judgeLoad((part ?? frag).stats));
    hls.on(Hls.Events.MANIFEST_PARSED, keepPace);
    hls.on(Hls.Events.LEVEL_LOADED, keepPace);
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

  /** Loads, and stays behind, as the pace says. At the edge hls.js goes by the playlist itself. */
  function keepPace(): void {
    if (!hls || !live) return;
    const { parts, extraS } = stepOf(pace);
    hls.lowLatencyMode = parts;
    const lower = lowerPicture(hls.levels);
    if (lower !== null) hls.autoLevelCapping = pace.index >= SLOW_START ? lower : -1;
    const details = hls.latestLevelDetails;
    if (!details) return;
    const wantedS = ((parts && details.partHoldBack) || details.holdBack || 3 * details.targetduration) + extraS;
    if (Math.abs((hls.targetLatency ?? wantedS) - wantedS) > 1) hls.targetLatency = wantedS;
  }

  function watchLoad(load: Load): void {
    count();
    for (const [one, { stats }] of loading)
      if (one.stats === stats && (stats.loading.end > 0 || stats.aborted)) loading.delete(one);
    if (loading.size < LOADING_MAX) loading.set(load, { stats: load.stats, counted: 0 });
  }

  function judgeLoad({ loaded, loading: { start, first, end } }: LoadStats): void {
    if (loaded < TELLING_BYTES) return;
    const neededBps = Math.max(0, ...(hls?.levels.map(({ bitrate }) => bitrate) ?? [])) || undefined;
    fast = [...fast, isFast({ waitMs: first - start, ms: end - first, bytes: loaded }, neededBps)].slice(-FAST_OVER);
  }

  function count(): void {
    let bytes = 0;
    for (const [{ stats }, last] of loading) {
      // A load that begins gets figures of its own.
      bytes += Math.max(0, stats.loaded - (stats === last.stats ? last.counted : 0));
      last.stats = stats;
      last.counted = stats.loaded;
    }
    delivered.add(bytes, Date.now());
  }

  function onWaiting(): void {
    const now = Date.now();
    if (
      !live ||
      video.paused ||
      video.seeking ||
      video.currentTime === 0 ||
      now - seekedAt < SEEK_MS ||
      (aheadMs(video) ?? 0) > DRY_MS
    )
      return;
    const { index } = pace;
    pace = ranDry(pace, now);
    dryAt = [...dryAt.filter((at) => now - at < DRY_LATELY_MS), now].slice(-DRY_KEPT_MAX);
    if (pace.index !== index) keepPace();
    if (stepOf(pace).refillS > 0 && holdsFrom === null) {
      holdsFrom = now;
      video.playbackRate = 0;
    }
  }

  function onSeeking(): void {
    seekedAt = Date.now();
    release();
  }

  function release(): void {
    if (holdsFrom === null) return;
    holdsFrom = null;
    video.playbackRate = 1;
  }

  function look(): void {
    const now = Date.now();
    count();
    if (
      holdsFrom !== null &&
      ((aheadMs(video) ?? 0) >= stepOf(pace).refillS * 1_000 || now - holdsFrom > REFILL_MS_MAX)
    )
      release();
    const before = pace;
    const isFastNow = fast.length === FAST_OVER && fast.every(Boolean) && connection()?.saveData !== true;
    pace = wentWell(pace, now, isFastNow);
    if (pace !== before) keepPace();
    // Only onwards counts: to go round in what is buffered is to stand still. Who goes back on purpose starts over.
    if (video.currentTime > lastTimeS || video.paused || !following()) {
      lastTimeS = video.currentTime;
      movedAt = now;
      if (now - troubledAt > WELL_MS) attempt = loadOns = mediaErrors = gone = 0;
    }
    const range = liveRange();
    if (!live || !hls || doomed) return;
    const isDry = (aheadMs(video) ?? 0) < DRY_MS || holdsFrom !== null;
    const stillMs = now - (isDry ? Math.max(movedAt, delivered.lastMs()) : movedAt);
    if (stillMs > STUCK_MS || now - movedAt > STILL_MS_MAX) {
      movedAt = now;
      anew();
    } else if (
      following() &&
      !video.paused &&
      range &&
      video.currentTime > 0 &&
      (stillMs > STILL_MS || isLeftBehind(range.liveS))
    )
      toLive();
  }

  /** Further behind than it is to be. It goes to the live edge where that costs no wait, since all is there; else only at last. */
  function isLeftBehind(liveS: number): boolean {
    const behindS = liveS - video.currentTime;
    if (behindS <= BEHIND_MAX_S) return false;
    return behindS > FAR_BEHIND_S || isBuffered(video, liveS);
  }

  /** What the lowest rendition takes. */
  function neededBps(): number | null {
    const bitrates = hls?.levels.map(({ bitrate }) => bitrate).filter((bitrate) => bitrate > 0) ?? [];
    return bitrates.length > 0 ? Math.min(...bitrates) : null;
  }

  function link(): Link {
    const now = Date.now();
    const lower = lowerPicture(hls?.levels ?? []);
    return {
      step: pace.index,
      dryLately: dryAt.filter((at) => now - at < DRY_LATELY_MS).length,
      holds: holdsFrom !== null,
      deliveredBps: delivered.bps(now),
      neededBps: neededBps(),
      lower:
        lower !== null &&
        (hls?.currentLevel ?? -1) >= 0 &&
        (hls?.currentLevel ?? -1) <= lower &&
        pace.index >= SLOW_START &&
        !(pace.guessed && now - (begunAt ?? now) < GUESS_TOLD_MS),
    };
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

  video.addEventListener("waiting", onWaiting);
  video.addEventListener("seeking", onSeeking);
  const watch = setInterval(look, LOOK_EVERY_MS);
  void build().catch(anew);

  return {
    kind: "hls",
    pictureTs: () => hls?.playingDate?.getTime() ?? null,
    range: liveRange,
    toLive,
    link,
    // A media playlist by itself, as the sound's, has no BANDWIDTH: then what comes is told.
    facts: (): Facts => ({
      bitrateBps: hls?.levels[hls.currentLevel]?.bitrate || delivered.bps(Date.now()),
      bufferMs: aheadMs(video),
    }),
    stop() {
      stopped = true;
      clearInterval(watch);
      clearTimeout(timer);
      video.removeEventListener("waiting", onWaiting);
      video.removeEventListener("seeking", onSeeking);
      release();
      hls?.destroy();
      hls = null;
    },
  };
}

/** Of what hls.js tells of a load: a segment or a part. */
interface Load {
  stats: LoadStats;
}

interface LoadStats {
  aborted: boolean;
  loaded: number;
  loading: { start: number; first: number; end: number };
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
    loader.getNextFragment = (positionS, details) =>
      getNextFragment.call(loader, positionS + ROUNDED_WITHIN_S, details);
  }
}

/**
 * hls.js asks for the sound of a live stream only when the picture's first piece has come and told its timestamps: two round trips more
 * before anything plays. So the sound of that piece is fetched beside it, once, and hls.js finds it in the browser's cache.
 */
function fetchSoundOnce(hls: HlsPlayer, { Events }: typeof HlsPlayer): void {
  let picture: FragLoadingData | null = null;
  let sound: LevelDetails | null = null;
  let fetched = false;

  function fetchBoth(): void {
    if (fetched || !picture || !sound) return;
    fetched = true;
    const { frag, part } = picture;
    const beside = sound.fragments.find(({ sn }) => sn === frag.sn);
    // In parts it is not a whole one that is asked for.
    const urls = [beside?.initSegment?.url, part ? undefined : beside?.url];
    for (const url of urls) if (url) void fetch(url).catch(() => undefined);
  }

  hls.on(Events.FRAG_LOADING, (_event, data) => {
    if (data.frag.type === "main" && data.frag.sn !== "initSegment") picture ??= data;
    fetchBoth();
  });
  hls.on(Events.AUDIO_TRACK_LOADED, (_event, { details }) => {
    sound ??= details;
    fetchBoth();
  });
}

/** Of levels from the least bit rate on: the last that has the smallest picture. Null where all have the same one, with another sound. */
export function lowerPicture(levels: readonly { height: number }[]): number | null {
  const least = Math.min(...levels.map(({ height }) => height));
  const larger = levels.findIndex(({ height }) => height > least);
  return larger > 0 ? larger - 1 : null;
}

/** How much of the picture is there already. */
export function aheadMs(video: HTMLVideoElement): number | null {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime)
      return (buffered.end(index) - currentTime) * 1_000;
  }
  return null;
}

function isBuffered({ buffered }: HTMLVideoElement, atS: number): boolean {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= atS && buffered.end(index) > atS + 0.1) return true;
  }
  return false;
}
