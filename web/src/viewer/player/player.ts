/**
 * The player of a room: which way the picture comes, whether there is sound, and where in time the viewer looks.
 *
 *     none --there is a programme--> loading --first frame--> playing <--no data, data--> waiting
 *
 * HLS is the way for everybody, WebRTC for who asked for less delay; when that cannot be had, HLS takes over with a word
 * about it. Without a programme, or while the show is not live, there is no picture, and the poster stands.
 */
import { computed, onScopeDispose, readonly, shallowReadonly, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { CODE, type Refusal } from "@shared/refusal";
import { visit } from "@shared/store";
import type { RoomView } from "@shared/wire";
import { playHls } from "@shared/video/hls-way";
import { canPlayNatively, playNatively } from "@shared/video/native-way";
import { playWhep } from "@shared/video/whep-way";
import type { Facts, Range, Way, WayKind } from "@shared/video/way";
import { placeOf, targetOf, WINDOW_MIN_S, type Place } from "./behind";
import { storedDelay, storeDelay, type Delay } from "./delay";

export type Phase = "none" | "loading" | "playing" | "waiting";
export type FellBack = "full" | "failed" | null;

export interface PlayerFacts extends Facts {
  width: number;
  height: number;
  dropped: number;
}

export interface Player {
  phase: Readonly<Ref<Phase>>;
  /** How the picture comes; null while none does. */
  kind: Readonly<Ref<WayKind | null>>;
  /** Width over height of the picture; null before the first frame. */
  aspect: Readonly<Ref<number | null>>;
  muted: Readonly<Ref<boolean>>;
  /** How old the picture is, ms; null while unknown. */
  latencyMs: Readonly<Ref<number | null>>;
  /** Where the viewer looks, if one can go back at all. */
  place: Readonly<ShallowRef<Place | null>>;
  following: Readonly<Ref<boolean>>;
  delay: Readonly<Ref<Delay>>;
  /** Whether this programme can be had with less delay. */
  offersLow: ComputedRef<boolean>;
  fellBack: Readonly<Ref<FellBack>>;
  /** The moment that the picture shows, to be in step with; null when there is none, or the viewer looks at what has been. */
  pictureTs: () => number | null;
  facts: () => PlayerFacts | null;
  /** The <video> to play in, or null when it goes. */
  attach: (video: HTMLVideoElement | null) => void;
  setMuted: (muted: boolean) => void;
  goTo: (share: number) => void;
  toLive: () => void;
  choose: (delay: Delay) => void;
}

const LOOK_EVERY_MS = 500;
const SOUND = "livehub.sound";

export interface PlayerSource {
  view: () => RoomView | null;
  serverNow: () => number;
  token: () => string | null;
  onFellBack: (why: Exclude<FellBack, null>) => void;
}

export function createPlayer({ view, serverNow, token, onFellBack }: PlayerSource): Player {
  const phase = shallowRef<Phase>("none");
  const kind = shallowRef<WayKind | null>(null);
  const aspect = shallowRef<number | null>(null);
  const muted = shallowRef(true);
  const latencyMs = shallowRef<number | null>(null);
  const place = shallowRef<Place | null>(null);
  const following = shallowRef(true);
  const delay = shallowRef(storedDelay());
  const fellBack = shallowRef<FellBack>(null);
  const element = shallowRef<HTMLVideoElement | null>(null);
  let way: Way | null = null;
  let hiddenAt = 0;

  const hls = computed(() => (view()?.show.status === "live" ? (view()?.program?.hls ?? null) : null));
  const whep = computed(() => (hls.value ? (view()?.program?.whep ?? null) : null));
  const wantsLow = computed(() => delay.value === "low" && fellBack.value === null && whep.value !== null && "RTCPeerConnection" in window);

  function stopWay(): void {
    way?.stop();
    way = null;
    kind.value = null;
    latencyMs.value = null;
    place.value = null;
    aspect.value = null;
  }

  function startWay(): void {
    stopWay();
    const video = element.value;
    const url = hls.value;
    if (!video || !url) {
      phase.value = "none";
      return;
    }
    phase.value = "loading";
    following.value = true;
    if (wantsLow.value && whep.value) way = playWhep({ video, url: whep.value, token: token(), serverNow, onLost });
    else way = playHls({ video, url, serverNow, following: () => following.value, onAnew: () => (following.value = true), onUnsupported: () => startNative(video, url) });
    kind.value = way.kind;
    void start(video);
  }

  function startNative(video: HTMLVideoElement, url: string): void {
    way?.stop();
    way = canPlayNatively(video) ? playNatively(video, url) : null;
    kind.value = way?.kind ?? null;
    if (!way) phase.value = "none";
  }

  function onLost(why: Refusal | null): void {
    fellBack.value = why?.code === CODE.playersFull ? "full" : "failed";
    onFellBack(fellBack.value);
    // `wantsLow` is false now, and the watcher below takes the other way.
  }

  /** With sound if the browser lets us, else without: a picture in silence is better than none. */
  async function start(video: HTMLVideoElement): Promise<void> {
    setSilence(video, !(visit.get(SOUND) === "on" && navigator.userActivation?.hasBeenActive));
    try {
      await video.play();
    } catch (thrown) {
      if (!(thrown instanceof DOMException) || thrown.name !== "NotAllowedError" || video.muted) return;
      setSilence(video, true);
      await video.play().catch(() => undefined);
    }
  }

  function setSilence(video: HTMLVideoElement, silent: boolean): void {
    video.muted = silent;
    muted.value = silent;
  }

  function look(): void {
    const video = element.value;
    if (!video || !way) return;
    const shownTs = way.pictureTs();
    const range = way.range();
    latencyMs.value = shownTs === null ? null : Math.max(0, serverNow() - shownTs);
    const now = range ? placeOf(range, video.currentTime) : null;
    place.value = now && now.windowS >= WINDOW_MIN_S ? now : null;
  }

  function jump(range: Range | null, share: number): void {
    const video = element.value;
    if (!video || !range) return;
    const { atS, live } = targetOf(range, share);
    following.value = live;
    video.currentTime = atS;
    void video.play().catch(() => undefined);
    look();
  }

  function toLive(): void {
    following.value = true;
    way?.toLive();
    void element.value?.play().catch(() => undefined);
    look();
  }

  // What the <video> itself tells.
  function listen(video: HTMLVideoElement): () => void {
    const told: Partial<Record<keyof HTMLVideoElementEventMap, () => void>> = {
      playing: () => (phase.value = "playing"),
      timeupdate: () => (phase.value = way && !video.paused && video.readyState > 2 ? "playing" : phase.value),
      waiting: () => (phase.value = phase.value === "playing" ? "waiting" : phase.value),
      resize: () => (aspect.value = video.videoHeight > 0 ? video.videoWidth / video.videoHeight : null),
      loadeddata: () => (aspect.value = video.videoHeight > 0 ? video.videoWidth / video.videoHeight : null),
      emptied: () => (phase.value = way ? "loading" : "none"),
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
    else if (way && following.value && Date.now() - hiddenAt > 1_000) toLive();
  }

  watch([hls, wantsLow, element], startWay, { flush: "post" });
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
    phase: readonly(phase),
    kind: readonly(kind),
    aspect: readonly(aspect),
    muted: readonly(muted),
    latencyMs: readonly(latencyMs),
    place: shallowReadonly(place),
    following: readonly(following),
    delay: readonly(delay),
    offersLow: computed(() => whep.value !== null),
    fellBack: readonly(fellBack),
    pictureTs: () => ((phase.value === "playing" || phase.value === "waiting") && following.value ? (way?.pictureTs() ?? null) : null),
    facts() {
      const video = element.value;
      if (!video || !way) return null;
      const dropped = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
      return { ...way.facts(), width: video.videoWidth, height: video.videoHeight, dropped };
    },
    attach: (video) => (element.value = video),
    setMuted(silent) {
      const video = element.value;
      if (!video) return;
      visit.set(SOUND, silent ? "off" : "on");
      setSilence(video, silent);
      void video.play().catch(() => undefined);
    },
    goTo: (share) => jump(way?.range() ?? null, share),
    toLive,
    choose(next) {
      storeDelay(next);
      fellBack.value = null;
      delay.value = next;
    },
  };
}
