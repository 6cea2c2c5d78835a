/** The camera and the microphone of this device: which, how large, and what a browser says when it may not have them. */
import { onScopeDispose, readonly, shallowReadonly, shallowRef, type Ref, type ShallowRef } from "vue";
import { constraintsOf, problemOf, storedChoice, storeChoice, type Choice, type Problem } from "./choice";

/** What the system has taken away for now, e.g. for a phone call, and gives back by itself. */
export type Interruption = "picture" | "sound";

export interface Capture {
  stream: Readonly<ShallowRef<MediaStream | null>>;
  choice: Readonly<ShallowRef<Choice>>;
  cameras: Readonly<ShallowRef<readonly MediaDeviceInfo[]>>;
  mics: Readonly<ShallowRef<readonly MediaDeviceInfo[]>>;
  problem: Readonly<Ref<Problem | null>>;
  interruption: Readonly<Ref<Interruption | null>>;
  starting: Readonly<Ref<boolean>>;
  micOn: Readonly<Ref<boolean>>;
  /** The picture shows the person in front of it, as in a mirror; viewers see it the right way round. */
  mirrored: Readonly<Ref<boolean>>;
  start: () => Promise<void>;
  stop: () => void;
  /** Takes another camera, microphone or size, at once if it runs. */
  change: (part: Partial<Choice>) => Promise<void>;
  setMic: (on: boolean) => void;
}

export function createCapture(): Capture {
  const stream = shallowRef<MediaStream | null>(null);
  const choice = shallowRef(storedChoice());
  const cameras = shallowRef<readonly MediaDeviceInfo[]>([]);
  const mics = shallowRef<readonly MediaDeviceInfo[]>([]);
  const problem = shallowRef<Problem | null>(window.isSecureContext && "mediaDevices" in navigator ? null : "insecure");
  const interruption = shallowRef<Interruption | null>(null);
  const starting = shallowRef(false);
  const micOn = shallowRef(true);
  const mirrored = shallowRef(false);
  /** Counts starts, so that an outdated one gives its tracks back. */
  let number = 0;

  function release(): void {
    for (const track of stream.value?.getTracks() ?? []) track.stop();
    stream.value = null;
    interruption.value = null;
  }

  async function start(): Promise<void> {
    if (problem.value === "insecure") return;
    const mine = ++number;
    starting.value = true;
    problem.value = null;
    // Phones have one camera at a time, so the old one is let go first.
    release();
    try {
      const next = await navigator.mediaDevices.getUserMedia(constraintsOf(choice.value, isUprightPhone()));
      if (mine !== number) {
        for (const track of next.getTracks()) track.stop();
        return;
      }
      settle(next);
      await list();
    } catch (thrown) {
      if (mine === number) problem.value = problemOf(thrown);
    } finally {
      if (mine === number) starting.value = false;
    }
  }

  function settle(next: MediaStream): void {
    for (const track of next.getVideoTracks()) {
      track.contentHint = "motion";
      mirrored.value = (track.getSettings().facingMode ?? (choice.value.camera === "front" ? "user" : "")) === "user";
      // Unplugged, or taken away by the system (a call comes in): the person has to know.
      track.addEventListener("ended", () => {
        if (stream.value !== next) return;
        release();
        problem.value = "gone";
      });
    }
    for (const track of next.getAudioTracks()) track.enabled = micOn.value;
    stream.value = next;
    watchMutes(next);
  }

  /** Tracks are muted by the system alone: the tracks stay, and give black and silence until it lets go again. */
  function watchMutes(of: MediaStream): void {
    const muted = new Set<string>();
    const note = (kind: string, isMuted: boolean): void => {
      if (stream.value !== of) return;
      if (isMuted) muted.add(kind);
      else muted.delete(kind);
      interruption.value = muted.has("video") ? "picture" : muted.has("audio") ? "sound" : null;
    };
    for (const track of of.getTracks()) {
      track.addEventListener("mute", () => note(track.kind, true));
      track.addEventListener("unmute", () => note(track.kind, false));
    }
  }

  async function list(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices();
    cameras.value = all.filter(({ kind }) => kind === "videoinput");
    mics.value = all.filter(({ kind }) => kind === "audioinput");
  }

  const onDevices = (): void => void list().catch(() => undefined);
  if ("mediaDevices" in navigator) navigator.mediaDevices.addEventListener("devicechange", onDevices);

  function stop(): void {
    number++;
    starting.value = false;
    release();
  }

  onScopeDispose(() => {
    if ("mediaDevices" in navigator) navigator.mediaDevices.removeEventListener("devicechange", onDevices);
    stop();
  });

  return {
    stream: shallowReadonly(stream),
    choice: shallowReadonly(choice),
    cameras: shallowReadonly(cameras),
    mics: shallowReadonly(mics),
    problem: readonly(problem),
    interruption: readonly(interruption),
    starting: readonly(starting),
    micOn: readonly(micOn),
    mirrored: readonly(mirrored),
    start,
    stop,
    async change(part) {
      choice.value = { ...choice.value, ...part };
      storeChoice(choice.value);
      if (stream.value || problem.value) await start();
    },
    setMic(on) {
      micOn.value = on;
      for (const track of stream.value?.getAudioTracks() ?? []) track.enabled = on;
    },
  };
}

/** Held upright, a phone turns the picture itself: the camera is asked for as it is built, lying. */
function isUprightPhone(): boolean {
  return matchMedia("(pointer: coarse) and (orientation: portrait)").matches;
}
