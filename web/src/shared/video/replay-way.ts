/**
 * A recording or a clip on a <video>: by hls.js, or by the browser itself where that is all there is. Unlike a live picture it may be
 * waited for, so it tries as long as is of use, and then tells what the trouble is:
 *
 *     playing --network error--> load on after a pause --again and again--> "network"
 *     playing --media error----> recoverMediaError ------again-----------> "media"
 *     404, 410 -----------------------------------------------------------> "gone"
 *
 * `retry` begins anew where the picture stands. Who listens decides when.
 */
import type HlsPlayer from "hls.js";
import type { ErrorData, HlsConfig, LevelDetails } from "hls.js";
import { backoffMs } from "../backoff";
import { takeEveryPart } from "./hls-way";
import { canPlayNatively } from "./native-way";

export type Trouble = "gone" | "network" | "media";

/** A segment of a playlist: where it is in the recording, and which moment (Unix ms) it shows, if that is told. */
export interface Piece {
  startS: number;
  durationS: number;
  ts: number | null;
}

export interface ReplayOptions {
  video: HTMLVideoElement;
  url: string;
  startS: number;
  onPieces: (pieces: Piece[]) => void;
  onTrouble: (trouble: Trouble) => void;
}

export interface ReplayWay {
  /** Begins anew at this place. */
  retry: (startS: number) => void;
  stop: () => void;
}

const RETRY = { minMs: 500, maxMs: 4_000 };
const LOAD_ON_MAX = 1;
const RECOVER_MAX = 2;
/** Playing on for so long, what went wrong before is forgotten. */
const WELL_S = 10;
/** Sound begins a few milliseconds after the picture: an earlier start is the beginning, which hls.js finds by itself. */
const START_S = 0.2;
const GONE: readonly number[] = [404, 410];

const CONFIG: Partial<HlsConfig> = {
  // What we send is fragmented MP4 already, which goes through as it is: no work for a worker, which would be 36 kB and a round trip
  // before the first frame.
  enableWorker: false,
  lowLatencyMode: false,
  // People skip back by a chapter or by seconds; what they have just seen should be there.
  backBufferLength: 60,
  maxBufferLength: 30,
  // What is buffered lasts for so long; hls.js's own patience, a minute and more of a turning ring, tells people nothing.
  fragLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 10_000,
      maxLoadTimeMs: 60_000,
      timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: { maxNumRetry: 3, retryDelayMs: 500, maxRetryDelayMs: 2_000 },
    },
  },
};

export function playReplay(options: ReplayOptions): ReplayWay {
  const { video, url, onPieces, onTrouble } = options;
  let hls: HlsPlayer | null = null;
  let native: (() => void) | null = null;
  let stopped = false;
  let loadOns = 0;
  let recovered = 0;
  let wellFromS = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function build(startS: number): Promise<void> {
    tearDown();
    const { default: Hls } = await import("./hls");
    if (stopped) return;
    if (!Hls.isSupported()) {
      if (canPlayNatively(video)) native = playByBrowser(options, startS);
      else onTrouble("media");
      return;
    }
    loadOns = recovered = 0;
    hls = new Hls({ ...CONFIG, startPosition: startS > START_S ? startS : -1 });
    takeEveryPart(hls);
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => onPieces(piecesIn(details)));
    hls.on(Hls.Events.ERROR, (_event, data) => onError(data, Hls));
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  function onError(data: ErrorData, Hls: typeof HlsPlayer): void {
    if (!data.fatal || stopped) return;
    if (video.currentTime - wellFromS > WELL_S) loadOns = recovered = 0;
    wellFromS = video.currentTime;
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
      if (GONE.includes(data.response?.code ?? 0)) fail("gone");
      else if (hls?.levels.length && loadOns++ < LOAD_ON_MAX) later(() => hls?.startLoad());
      else fail("network");
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recovered++ < RECOVER_MAX) {
      if (recovered === RECOVER_MAX) hls?.swapAudioCodec();
      hls?.recoverMediaError();
    } else fail("media");
  }

  function later(act: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(act, backoffMs(loadOns, RETRY, Math.random()));
  }

  function fail(trouble: Trouble): void {
    // The last picture stays; nothing is asked for any more.
    hls?.stopLoad();
    onTrouble(trouble);
  }

  function tearDown(): void {
    clearTimeout(timer);
    hls?.destroy();
    hls = null;
    native?.();
    native = null;
  }

  const begin = (startS: number): void => {
    // The chunk of hls.js itself may be what could not be loaded.
    build(startS).catch(() => {
      if (!stopped) onTrouble("network");
    });
  };
  begin(options.startS);

  return {
    retry: begin,
    stop() {
      stopped = true;
      tearDown();
    },
  };
}

function piecesIn({ fragments }: LevelDetails): Piece[] {
  return fragments.map(({ start, duration, programDateTime }) => ({
    startS: start,
    durationS: duration,
    ts: programDateTime,
  }));
}

/** HLS by the browser. It tells no moments, so the playlist is read for them. */
function playByBrowser({ video, url, onPieces, onTrouble }: ReplayOptions, startS: number): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  video.addEventListener("loadedmetadata", () => (video.currentTime = startS), { signal, once: true });
  video.addEventListener("error", () => void tell().catch(() => onTrouble("network")), { signal });
  video.src = url;
  void readPieces(url, signal)
    .then(onPieces)
    .catch(() => undefined);

  /** The browser says little about why; whether the playlist is there says more. */
  async function tell(): Promise<void> {
    const { status } = await fetch(url, { signal });
    onTrouble(GONE.includes(status) ? "gone" : "media");
  }
  return () => {
    abort.abort();
    video.removeAttribute("src");
    video.load();
  };
}

async function readPieces(url: string, signal: AbortSignal): Promise<Piece[]> {
  const text = await (await fetch(url, { signal })).text();
  const variant = variantIn(text);
  return variant === null
    ? parsePieces(text)
    : parsePieces(await (await fetch(new URL(variant, new URL(url, location.href)), { signal })).text());
}

/** The first variant of a multivariant playlist (RFC 8216, 4.3.4.2): the URI after its tag. Null where there is none. Pure. */
export function variantIn(playlist: string): string | null {
  const lines = playlist.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  return at < 0 ? null : (lines.slice(at + 1).find((line) => line !== "" && !line.startsWith("#")) ?? null);
}

/** The segments of a media playlist (RFC 8216, 4.3.2.1 and 4.3.2.6). Pure. */
export function parsePieces(playlist: string): Piece[] {
  const pieces: Piece[] = [];
  let startS = 0;
  let ts: number | null = null;
  for (const line of playlist.split(/\r?\n/)) {
    const [tag, value = ""] = [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1)];
    if (tag === "#EXT-X-PROGRAM-DATE-TIME") ts = Number.isNaN(Date.parse(value)) ? null : Date.parse(value);
    if (tag !== "#EXTINF") continue;
    const durationS = Number.parseFloat(value) || 0;
    pieces.push({ startS, durationS, ts });
    startS += durationS;
    ts = null;
  }
  return pieces;
}
