/**
 * The player of a room: which way the picture comes, whether there is sound, and where in time the viewer looks.
 *
 *     none --there is a programme--> loading --first frame--> playing <--no data, data--> waiting
 *                                       |                        |
 *                                       v                        v  by the viewer, or the system (a call)
 *                                    blocked <--tap--         paused --play--> playing
 *
 * HLS is the way for everybody, WebRTC for who asked for less delay; when that cannot be had, HLS takes over with a word
 * about it. Without a programme, or while the show is not live, there is no picture, and the poster stands. `blocked`: the browser
 * starts nothing by itself, not even in silence (an iPhone that saves power, some in-app browsers), and waits for a tap. On a
 * link that cannot carry the picture only its sound is played.
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
import { CODE, type Refusal } from "@shared/refusal";
import type { RoomView } from "@shared/wire";
import { applePlatform } from "@shared/video/apple";
import { playHls } from "@shared/video/hls-way";
import { canPlayNatively, playNatively } from "@shared/video/native-way";
import { soundOf } from "@shared/video/sound-only";
import { playWhep } from "@shared/video/whep-way";
import type { Facts, Range, Way, WayKind } from "@shared/video/way";
import { ageMsOf, SETTLED_MS } from "./age";
import { placeOf, targetOf, WINDOW_MIN_S, type Place } from "./behind";
import { storedDelay, storeDelay, type Delay } from "./delay";
import { LATELY_MS, slowness, TOLD_MS, type Slow } from "./slow-link";
import { atBridge } from "@kit/wechat";
import { chooseSound, soundChoice, useFirstTap } from "./sound";
import { useFullScreen, type FullScreen } from "./useFullScreen";
import { useSmallWindow, type SmallWindow } from "./useSmallWindow";

export type Phase = "none" | "loading" | "blocked" | "playing" | "waiting" | "paused";
export type FellBack = "full" | "failed" | null;
/** Only the sound is played: it was chosen, or the link carries no more. */
export type SoundOnly = "chosen" | "needed" | null;

export interface PlayerFacts extends Facts {
  width: number;
  height: number;
  dropped: number;
}

export interface Player {
  phase: ComputedRef<Phase>;
  /** How the picture comes; null while none does. */
  kind: Readonly<Ref<WayKind | null>>;
  /** Width over height of the picture; null before the first frame. */
  aspect: Readonly<Ref<number | null>>;
  muted: Readonly<Ref<boolean>>;
  /** How old the picture is, ms; null while unknown. */
  latencyMs: Readonly<Ref<number | null>>;
  /** It has played for a while, and that age is what it will be. */
  settled: Readonly<Ref<boolean>>;
  /** Where the viewer looks, if one can go back at all. */
  place: Readonly<ShallowRef<Place | null>>;
  following: Readonly<Ref<boolean>>;
  delay: Readonly<Ref<Delay>>;
  /** Whether this programme can be had with less delay. */
  offersLow: ComputedRef<boolean>;
  fellBack: Readonly<Ref<FellBack>>;
  /** What is to be told of the link. */
  slow: Readonly<Ref<Slow>>;
  /** A smaller picture is shown, since the link carries no more. */
  lower: Readonly<Ref<boolean>>;
  soundOnly: Readonly<Ref<SoundOnly>>;
  fullScreen: FullScreen;
  smallWindow: SmallWindow;
  /** The moment that the picture shows, to be in step with; null when there is none, or the viewer looks at what has been. */
  pictureTs: () => number | null;
  facts: () => PlayerFacts | null;
  /** The <video> to play in, or null when it goes. */
  attach: (video: HTMLVideoElement | null) => void;
  play: () => void;
  pause: () => void;
  toggle: () => void;
  setMuted: (muted: boolean) => void;
  goTo: (share: number) => void;
  /** So many seconds on, or back if negative; nowhere where one cannot go back. */
  skip: (byS: number) => void;
  toLive: () => void;
  choose: (delay: Delay) => void;
  /** The sound alone, or the picture again. */
  setSoundOnly: (on: boolean) => void;
}

const LOOK_EVERY_MS = 500;

export interface PlayerSource {
  view: () => RoomView | null;
  serverNow: () => number;
  token: () => string | null;
  onFellBack: (why: Exclude<FellBack, null>) => void;
}

export function createPlayer({ view, serverNow, token, onFellBack }: PlayerSource): Player {
  /** What the <video> does, if the viewer and the browser let it. */
  const flow = shallowRef<"loading" | "playing" | "waiting">("loading");
  const wants = shallowRef(true);
  const blocked = shallowRef(false);
  const kind = shallowRef<WayKind | null>(null);
  const aspect = shallowRef<number | null>(null);
  const muted = shallowRef(true);
  const latencyMs = shallowRef<number | null>(null);
  const settled = shallowRef(false);
  const place = shallowRef<Place | null>(null);
  const following = shallowRef(true);
  const delay = shallowRef(storedDelay());
  const fellBack = shallowRef<FellBack>(null);
  const slow = shallowRef<Slow>("no");
  const lower = shallowRef(false);
  const soundOnly = shallowRef<SoundOnly>(null);
  const soundUrl = shallowRef<string | null>(null);
  const element = shallowRef<HTMLVideoElement | null>(null);
  let way: Way | null = null;
  let hiddenAt = 0;
  let toldAt = 0;
  let flowFrom = Date.now();
  let picturedFrom: number | null = null;
  /** With each look, whether it loaded or waited. */
  let waited: boolean[] = [];

  const hls = computed(() => (view()?.show.status === "live" ? (view()?.program?.hls ?? null) : null));
  const whep = computed(() => (hls.value ? (view()?.program?.whep ?? null) : null));
  const source = computed(() => (hls.value && soundOnly.value ? (soundUrl.value ?? hls.value) : hls.value));
  const wantsLow = computed(
    () =>
      delay.value === "low" &&
      fellBack.value === null &&
      soundOnly.value === null &&
      whep.value !== null &&
      "RTCPeerConnection" in window,
  );
  const phase = computed<Phase>(() => {
    if (kind.value === null) return "none";
    if (blocked.value) return "blocked";
    return wants.value ? flow.value : "paused";
  });

  function stopWay(): void {
    way?.stop();
    way = null;
    kind.value = null;
    latencyMs.value = null;
    picturedFrom = null;
    settled.value = false;
    place.value = null;
    aspect.value = null;
    slow.value = "no";
    lower.value = false;
  }

  function startWay(): void {
    stopWay();
    const video = element.value;
    const url = source.value;
    if (!video || !url) return;
    setFlow("loading");
    flowFrom = Date.now();
    waited = [];
    following.value = true;
    if (wantsLow.value && whep.value) way = playWhep({ video, url: whep.value, token, serverNow, onLost });
    else if (applePlatform() && canPlayNatively(video))
      way = playNatively(video, url, true, () => startHls(video, url));
    else way = hlsWay(video, url);
    kind.value = way.kind;
    if (wants.value) void start();
  }

  function hlsWay(video: HTMLVideoElement, url: string): Way {
    return playHls({
      video,
      url,
      serverNow,
      following: () => following.value,
      onAnew: () => (following.value = true),
      onUnsupported: () => startNative(video, url),
    });
  }

  /** The browser plays HLS, but not this. */
  function startHls(video: HTMLVideoElement, url: string): void {
    way?.stop();
    way = hlsWay(video, url);
    kind.value = way.kind;
    void start();
  }

  function startNative(video: HTMLVideoElement, url: string): void {
    way?.stop();
    way = canPlayNatively(video) ? playNatively(video, url) : null;
    kind.value = way?.kind ?? null;
  }

  function onLost(why: Refusal | null): void {
    fellBack.value = why?.code === CODE.playersFull ? "full" : "failed";
    onFellBack(fellBack.value);
    // `wantsLow` is false now, and the watcher below takes the other way.
  }

  /** With sound if the viewer wants it and the browser lets us, else without: a picture in silence is better than none. */
  async function start(): Promise<void> {
    const video = element.value;
    if (!video) return;
    setSilence(video, !(soundChoice() === "on" && navigator.userActivation?.hasBeenActive));
    if ((await begin(video)) || video.muted) return;
    setSilence(video, true);
    await begin(video);
  }

  /** False where the browser does not let it begin as it is. */
  async function begin(video: HTMLVideoElement): Promise<boolean> {
    try {
      await video.play();
      blocked.value = false;
    } catch (thrown) {
      // Anything else: another load took its place, which is begun when it can be played.
      if (!(thrown instanceof DOMException) || thrown.name !== "NotAllowedError") return true;
      blocked.value = video.muted;
      return false;
    }
    return true;
  }

  // In silence, as it was refused; there is a button for who waits for the bridge in vain.
  watch(blocked, (now, _before, onCleanup) => {
    if (now) onCleanup(atBridge(() => element.value && wants.value && void begin(element.value)));
  });

  function setSilence(video: HTMLVideoElement, silent: boolean): void {
    video.muted = silent;
    muted.value = silent;
  }

  function setFlow(next: typeof flow.value): void {
    if (flow.value !== next) flowFrom = Date.now();
    flow.value = next;
  }

  function look(): void {
    const video = element.value;
    if (!video || !way) return;
    const link = way.link();
    if (link?.holds) setFlow("waiting");
    const hasPicture = video.readyState >= 2 && video.currentTime > 0 && flow.value !== "loading";
    latencyMs.value = ageMsOf(way.pictureTs(), serverNow(), hasPicture);
    if (hasPicture) picturedFrom ??= Date.now();
    settled.value = picturedFrom !== null && Date.now() - picturedFrom >= SETTLED_MS;
    const range = way.range();
    const now = range ? placeOf(range, video.currentTime) : null;
    place.value = hasPicture && now && now.windowS >= WINDOW_MIN_S ? now : null;
    if (link?.lower && !lower.value) {
      toldAt = Date.now();
      slow.value = "slow";
    }
    lower.value = link?.lower ?? false;
    judge(link);
  }

  function judge(link: ReturnType<Way["link"]>): void {
    const now = Date.now();
    const waits = phase.value === "loading" || phase.value === "waiting";
    waited = [...waited, waits].slice(-LATELY_MS / LOOK_EVERY_MS);
    const waitedMs = waited.filter((one) => one).length * LOOK_EVERY_MS;
    const seen = slowness({
      phase: waits ? (phase.value as "loading" | "waiting") : "other",
      forMs: now - flowFrom,
      waitedMs,
      link,
    });
    if (seen !== "no") toldAt = now;
    if (seen !== "no" || now - toldAt > TOLD_MS) slow.value = seen;
    if (seen === "too slow" && soundOnly.value === null) void takeSoundOnly("needed");
  }

  async function takeSoundOnly(why: Exclude<SoundOnly, null>): Promise<void> {
    const url = hls.value;
    if (!url) return;
    try {
      soundUrl.value = await soundOf(url, canHear);
    } catch {
      return; // The link is gone altogether; it is tried again.
    }
    if (soundUrl.value !== null && hls.value === url) soundOnly.value = why;
  }

  function jumpTo(atS: number, live: boolean): void {
    const video = element.value;
    if (!video) return;
    following.value = live;
    video.currentTime = atS;
    play();
    look();
  }

  function toLive(): void {
    following.value = true;
    way?.toLive();
    play();
    look();
  }

  function play(): void {
    const wasPaused = !wants.value;
    wants.value = true;
    // What was said meanwhile is over: who followed follows.
    if (wasPaused && following.value) way?.toLive();
    const video = element.value;
    if (!video || !way) return;
    // It waited for a tap, and a tap may be heard.
    if (blocked.value && soundChoice() !== "off") setSilence(video, false);
    void begin(video).then((begun) => {
      if (begun && !video.muted && soundChoice() === null) chooseSound("on");
      if (begun || video.muted) return;
      setSilence(video, true);
      void begin(video);
    });
  }

  function pause(): void {
    wants.value = false;
    element.value?.pause();
  }

  // What the <video> itself tells.
  function listen(video: HTMLVideoElement): () => void {
    const size = (): void => {
      aspect.value = video.videoHeight > 0 ? video.videoWidth / video.videoHeight : null;
    };
    const told: Partial<Record<keyof HTMLVideoElementEventMap, () => void>> = {
      playing() {
        blocked.value = false;
        setFlow("playing");
      },
      timeupdate() {
        if (way && !video.paused && video.readyState > 2 && video.playbackRate > 0) setFlow("playing");
      },
      waiting: () => flow.value === "playing" && setFlow("waiting"),
      // A play() that came before the data is forgotten with the next load.
      canplay: () => void (wants.value && video.paused && !blocked.value && start()),
      // By the system: a call, headphones pulled out, the small window closed. Behind other tabs it comes back by itself.
      pause() {
        if (way && !video.ended && video.readyState > 1 && document.visibilityState === "visible" && !blocked.value)
          wants.value = false;
      },
      play: () => (wants.value = true),
      resize: size,
      loadeddata: size,
      emptied: () => setFlow("loading"),
    };
    const entries = Object.entries(told);
    for (const [event, act] of entries) video.addEventListener(event, act);
    return () => {
      for (const [event, act] of entries) video.removeEventListener(event, act);
    };
  }

  // Behind other tabs a picture is throttled or stopped; who comes back wants to see now.
  function onVisibility(): void {
    if (document.visibilityState === "hidden") hiddenAt = Date.now();
    else if (way && wants.value && following.value && Date.now() - hiddenAt > 1_000) toLive();
  }

  useFirstTap(() => {
    if (!way) return false;
    if (blocked.value) play();
    else if (muted.value && soundChoice() === null) setMuted(false);
    return true;
  });

  function setMuted(silent: boolean): void {
    const video = element.value;
    if (!video) return;
    chooseSound(silent ? "off" : "on");
    setSilence(video, silent);
    if (wants.value) play();
  }

  watch([source, wantsLow, element], startWay, { flush: "post" });
  // Another programme, and perhaps another link: the picture is tried again.
  watch(hls, (now) => {
    if (now === null && soundOnly.value === "needed") soundOnly.value = null;
    wants.value = true;
  });
  // Without low delay the address does not matter, else a new one is a new session.
  watch(whep, (now, before) => {
    if (now !== before && kind.value === "whep") startWay();
  });
  watch(element, (video, _before, onCleanup) => {
    if (video) onCleanup(listen(video));
  });
  const timer = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", onVisibility);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onVisibility);
    stopWay();
  });

  return {
    phase,
    kind: readonly(kind),
    aspect: readonly(aspect),
    muted: readonly(muted),
    latencyMs: readonly(latencyMs),
    settled: readonly(settled),
    place: shallowReadonly(place),
    following: readonly(following),
    delay: readonly(delay),
    offersLow: computed(() => whep.value !== null),
    fellBack: readonly(fellBack),
    slow: readonly(slow),
    lower: readonly(lower),
    soundOnly: readonly(soundOnly),
    // The whole page, so that what opens over the picture is seen there, too.
    fullScreen: useFullScreen({
      root: () => document.documentElement,
      video: () => element.value,
      lies: () => (aspect.value ?? 0) > 1,
    }),
    smallWindow: useSmallWindow(element),
    pictureTs: () =>
      (phase.value === "playing" || phase.value === "waiting") && following.value ? (way?.pictureTs() ?? null) : null,
    facts() {
      const video = element.value;
      if (!video || !way) return null;
      const dropped = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
      return { ...way.facts(), width: video.videoWidth, height: video.videoHeight, dropped };
    },
    attach: (video) => (element.value = video),
    play,
    pause,
    toggle: () => (wants.value && !blocked.value ? pause() : play()),
    setMuted,
    goTo(share) {
      const range = way?.range();
      if (!range) return;
      const { atS, live } = targetOf(range, share);
      jumpTo(atS, live);
    },
    skip(byS) {
      const [range, video] = [way?.range(), element.value];
      if (!range || !video || !place.value) return;
      const toS = video.currentTime + byS;
      const { atS, live } = targetOf(range, shareAt(range, toS));
      // Back is back, also for who was nearer to the edge than need be.
      if (byS < 0) jumpTo(Math.max(range.startS, toS), false);
      else jumpTo(atS, live);
    },
    toLive,
    choose(next) {
      storeDelay(next);
      fellBack.value = null;
      delay.value = next;
    },
    setSoundOnly(on) {
      if (on) void takeSoundOnly("chosen");
      else soundOnly.value = null;
    },
  };
}

function shareAt({ startS, liveS }: Range, atS: number): number {
  return liveS > startS ? (atS - startS) / (liveS - startS) : 1;
}

/** A rendition is named after its codec (docs/hls.md); an element that is not asked to play tells what it could. */
function canHear(group: string): boolean {
  const codec = group === "aac" ? "mp4a.40.2" : group;
  return document.createElement("audio").canPlayType(`audio/mp4; codecs="${codec}"`) !== "";
}
