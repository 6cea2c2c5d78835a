/**
 * The player of a recording: what the <video> does, as refs, and what a person wants of it.
 *
 *     idle --load--> loading --> playing <--> paused, waiting --> ended --play--> playing
 *                       '------------ trouble --retry--> loading
 */
import {
  computed,
  onScopeDispose,
  readonly,
  shallowReadonly,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from "vue";
import { visit } from "@shared/store";
import { playReplay, type Piece, type ReplayWay, type Trouble } from "@shared/video/replay-way";
import { bufferedIn, type Stretch } from "./stretches";

export type Phase = "idle" | "loading" | "playing" | "waiting" | "paused" | "ended" | "trouble";

export interface ReplayPlayer {
  phase: ComputedRef<Phase>;
  /** Whether it moves as far as the person is concerned, even if it has to wait for data. */
  wants: Readonly<Ref<boolean>>;
  atS: Readonly<Ref<number>>;
  durationS: Readonly<Ref<number>>;
  buffered: Readonly<ShallowRef<Stretch[]>>;
  muted: Readonly<Ref<boolean>>;
  /** The browser let it begin in silence only. */
  silenced: Readonly<Ref<boolean>>;
  rate: Readonly<Ref<number>>;
  /** Width over height of the picture, or of the last one until there is another. */
  aspect: Readonly<Ref<number | null>>;
  /** There is a picture of what was loaded. */
  pictured: Readonly<Ref<boolean>>;
  trouble: Readonly<Ref<Trouble | null>>;
  video: Readonly<ShallowRef<HTMLVideoElement | null>>;
  attach: (video: HTMLVideoElement | null) => void;
  load: (source: Source) => void;
  play: () => void;
  pause: () => void;
  toggle: () => void;
  seek: (toS: number) => void;
  skip: (byS: number) => void;
  setMuted: (muted: boolean) => void;
  setRate: (rate: number) => void;
  retry: () => void;
  stop: () => void;
}

export interface Source {
  url: string;
  startS: number;
  /** How long it is said to be, until the browser knows. */
  durationS: number;
  onPieces: (pieces: Piece[]) => void;
}

export const RATES = [1, 1.25, 1.5, 2] as const;
const OFFLINE_LOOK_MS = 2_000;
const SOUND = "livehub.replay.sound";
const RATE = "livehub.replay.rate";

export function createReplayPlayer(): ReplayPlayer {
  const video = shallowRef<HTMLVideoElement | null>(null);
  const source = shallowRef<Source | null>(null);
  const wants = shallowRef(false);
  const ready = shallowRef(false);
  const isEnded = shallowRef(false);
  const trouble = shallowRef<Trouble | null>(null);
  const atS = shallowRef(0);
  const durationS = shallowRef(0);
  const buffered = shallowRef<Stretch[]>([]);
  const muted = shallowRef(visit.get(SOUND) === "off");
  const silenced = shallowRef(false);
  const rate = shallowRef<number>(RATES.find((one) => String(one) === visit.get(RATE)) ?? 1);
  const aspect = shallowRef<number | null>(null);
  const pictured = shallowRef(false);
  /** Where somebody wants to be, until the browser is there. */
  let aimS: number | null = null;
  let way: ReplayWay | null = null;

  const phase = computed<Phase>(() => {
    if (!source.value) return "idle";
    if (trouble.value) return "trouble";
    if (isEnded.value) return "ended";
    if (!pictured.value) return "loading";
    if (!wants.value) return "paused";
    return ready.value ? "playing" : "waiting";
  });

  function load(next: Source): void {
    const element = video.value;
    if (!element) return;
    way?.stop();
    source.value = next;
    trouble.value = null;
    isEnded.value = ready.value = pictured.value = false;
    buffered.value = [];
    durationS.value = next.durationS;
    aimS = null;
    atS.value = next.startS;
    wants.value = true;
    element.muted = muted.value;
    element.defaultPlaybackRate = element.playbackRate = rate.value;
    // While the tap still counts: what Safari lets begin now, it lets begin again when there is a picture.
    void element.play().catch(() => undefined);
    way = playReplay({ video: element, ...next, onTrouble: (what) => (trouble.value = what) });
  }

  /** With sound, else without: a picture in silence is better than none. */
  async function start(): Promise<void> {
    const element = video.value;
    if (!element || !wants.value) return;
    try {
      await element.play();
    } catch (thrown) {
      if (!(thrown instanceof DOMException) || thrown.name !== "NotAllowedError") return;
      if (element.muted) {
        wants.value = false;
        return;
      }
      element.muted = muted.value = silenced.value = true;
      await element.play().catch(() => (wants.value = false));
    }
  }

  function play(): void {
    if (trouble.value) {
      retry();
      return;
    }
    wants.value = true;
    if (isEnded.value) seek(0);
    void start();
  }

  function pause(): void {
    wants.value = false;
    video.value?.pause();
  }

  function seek(toS: number): void {
    const element = video.value;
    if (!element) return;
    const bounded = Math.min(Math.max(0, toS), Math.max(0, durationS.value - 0.1));
    aimS = atS.value = bounded;
    isEnded.value = false;
    if (element.readyState > 0) element.currentTime = bounded;
    if (wants.value) void start();
  }

  function look(): void {
    const element = video.value;
    if (!element || !source.value) return;
    ready.value = element.readyState > 2 && !element.seeking;
    if (element.readyState > 0 && !element.seeking && aimS === null) atS.value = element.currentTime;
    if (Number.isFinite(element.duration) && element.duration > 0) durationS.value = element.duration;
    buffered.value = bufferedIn(element.buffered);
  }

  // What the <video> itself tells.
  function listen(element: HTMLVideoElement): () => void {
    const abort = new AbortController();
    const on = (events: string, act: () => void): void => {
      for (const event of events.split(" "))
        element.addEventListener(event, () => (act(), look()), { signal: abort.signal });
    };
    on("timeupdate progress durationchange waiting seeking canplaythrough stalled", () => undefined);
    on("playing", () => (trouble.value = null));
    on("loadedmetadata", () => {
      if (aimS !== null) element.currentTime = aimS;
      void start();
    });
    // To play what is at its end is to begin anew, which nobody asked for.
    on("canplay", () => void (element.paused && !element.ended && start()));
    on("seeked", () => (aimS = null));
    on("loadeddata resize", () => {
      if (element.videoHeight === 0) return;
      aspect.value = element.videoWidth / element.videoHeight;
      pictured.value = element.readyState > 1;
    });
    on("ended", () => {
      isEnded.value = true;
      wants.value = false;
    });
    // By the system: headphones pulled out, a call.
    on("pause", () => (wants.value = wants.value && (element.ended || element.readyState < 2 || element.seeking)));
    on("play", () => (wants.value = source.value !== null));
    on("volumechange", () => (muted.value = element.muted));
    return () => abort.abort();
  }

  watch(video, (element, _before, onCleanup) => {
    if (element) onCleanup(listen(element));
  });

  function retry(): void {
    if (!way || !source.value) return;
    trouble.value = null;
    wants.value = true;
    way.retry(atS.value);
  }
  watch(trouble, (now) => {
    if (now) pause();
  });
  // hls.js waits in silence for a browser that is offline; who waits with it should know.
  watch(phase, (now, _before, onCleanup) => {
    if (now !== "waiting" && now !== "loading") return;
    const timer = setInterval(() => {
      if (!navigator.onLine) trouble.value = "network";
    }, OFFLINE_LOOK_MS);
    onCleanup(() => clearInterval(timer));
  });
  const onOnline = (): void => {
    if (trouble.value === "network") retry();
  };
  addEventListener("online", onOnline);

  function stop(): void {
    way?.stop();
    way = null;
    source.value = null;
    wants.value = false;
    video.value?.pause();
  }
  onScopeDispose(() => {
    removeEventListener("online", onOnline);
    stop();
  });

  return {
    phase,
    wants: readonly(wants),
    atS: readonly(atS),
    durationS: readonly(durationS),
    buffered: shallowReadonly(buffered),
    muted: readonly(muted),
    silenced: readonly(silenced),
    rate: readonly(rate),
    aspect: readonly(aspect),
    pictured: readonly(pictured),
    trouble: readonly(trouble),
    video: shallowReadonly(video),
    attach: (element) => (video.value = element),
    load,
    play,
    pause,
    toggle: () => (wants.value ? pause() : play()),
    seek,
    skip: (byS) => seek(atS.value + byS),
    setMuted(silent) {
      silenced.value = false;
      muted.value = silent;
      if (video.value) video.value.muted = silent;
      visit.set(SOUND, silent ? "off" : "on");
    },
    setRate(next) {
      rate.value = next;
      if (video.value) video.value.defaultPlaybackRate = video.value.playbackRate = next;
      visit.set(RATE, String(next));
    },
    retry,
    stop,
  };
}
