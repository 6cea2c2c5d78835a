/**
 * HLS by the browser itself: on Apple's devices, whose AVPlayer keeps its delay without playing faster, saves power and goes on in the
 * small window of the system. It knows how to play, and is started anew when it gives up; where it cannot play this at all
 * (`onUnplayable`), another way has to be taken.
 */
import { backoffMs } from "../backoff";
import { aheadMs } from "./hls-way";
import type { Range, Way } from "./way";

const RETRY = { minMs: 500, maxMs: 8_000 };
const LOOK_EVERY_MS = 1_000;
const STUCK_MS = 12_000;
/** What the browser calls seekable ends at the newest part, which it cannot play from at once. */
const EDGE_S = 1.5;
/** Refused so often without ever having played: it does not know what is in it. */
const UNPLAYABLE_MAX = 3;

/** What Safari adds to a <video> that plays HLS. */
type AppleVideo = HTMLVideoElement & { getStartDate?: () => Date };

export function canPlayNatively(video: HTMLVideoElement): boolean {
  return video.canPlayType("application/vnd.apple.mpegurl") !== "";
}

export function playNatively(video: HTMLVideoElement, url: string, live = true, onUnplayable?: () => void): Way {
  let attempt = 0;
  let refused = 0;
  let played = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastTimeS = -1;
  let movedAt = Date.now();

  function start(): void {
    movedAt = Date.now();
    video.src = url;
    void video.play().catch(() => undefined);
  }

  function failed(): void {
    const isRefused =
      video.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED || video.error?.code === MediaError.MEDIA_ERR_DECODE;
    if (!played && isRefused && ++refused >= UNPLAYABLE_MAX && onUnplayable) onUnplayable();
    else anew();
  }

  function anew(): void {
    clearTimeout(timer);
    timer = setTimeout(start, backoffMs(attempt++, RETRY, Math.random()));
  }

  function look(): void {
    if (video.currentTime !== lastTimeS || video.paused) {
      if (video.currentTime > lastTimeS && !video.paused) {
        attempt = 0;
        played ||= video.currentTime > 0;
      }
      lastTimeS = video.currentTime;
      movedAt = Date.now();
    } else if (live && Date.now() - movedAt > STUCK_MS) {
      movedAt = Date.now();
      anew();
    }
  }

  function range(): Range | null {
    const { seekable } = video;
    if (seekable.length === 0) return null;
    return {
      startS: seekable.start(0),
      liveS: Math.max(seekable.start(0), seekable.end(seekable.length - 1) - EDGE_S),
    };
  }

  video.addEventListener("error", failed);
  const watch = setInterval(look, LOOK_EVERY_MS);
  start();

  return {
    kind: "native",
    pictureTs() {
      const startTs = (video as AppleVideo).getStartDate?.().getTime() ?? Number.NaN;
      return Number.isFinite(startTs) ? startTs + video.currentTime * 1_000 : null;
    },
    range,
    toLive() {
      const now = range();
      if (now) video.currentTime = now.liveS;
    },
    link: () => null,
    facts: () => ({ bitrateBps: null, bufferMs: aheadMs(video) }),
    stop() {
      clearInterval(watch);
      clearTimeout(timer);
      video.removeEventListener("error", failed);
      video.removeAttribute("src");
      video.load();
    },
  };
}
