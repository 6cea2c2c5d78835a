/** The camera on the back, and a look at what it sees some times a second, until something is read. */
import { onScopeDispose, readonly, shallowRef, type ShallowRef } from "vue";
import { createReader, type CodeReader } from "./reader";

/** Why there is no picture: keys of `field.camera.*`. */
export type CameraFault = "denied" | "none" | "busy" | "insecure" | "failed";

export interface Camera {
  state: Readonly<ShallowRef<"starting" | "on" | CameraFault>>;
  start: () => Promise<void>;
  stop: () => void;
}

const EVERY_MS = 120;

/** `read`: gives true when it has what it wants. */
export function useCamera(video: () => HTMLVideoElement | null, read: (text: string) => Promise<boolean>): Camera {
  const state = shallowRef<"starting" | "on" | CameraFault>("starting");
  let stream: MediaStream | null = null;
  let reader: CodeReader | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  function stop(): void {
    round++;
    clearTimeout(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  }

  async function look(mine: number): Promise<void> {
    const shown = video();
    if (mine !== round || !shown || !reader) return;
    const text = document.visibilityState === "visible" ? await reader.read(shown).catch(() => null) : null;
    if (mine !== round) return;
    if (text !== null && (await read(text))) return;
    if (mine === round) timer = setTimeout(() => void look(mine), EVERY_MS);
  }

  async function start(): Promise<void> {
    stop();
    const mine = round;
    state.value = "starting";
    if (!navigator.mediaDevices?.getUserMedia) {
      state.value = "insecure";
      return;
    }
    try {
      const wanted = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } } };
      const [got, made] = await Promise.all([navigator.mediaDevices.getUserMedia(wanted), reader ?? createReader()]);
      reader = made;
      const shown = video();
      if (mine !== round || !shown) {
        for (const track of got.getTracks()) track.stop();
        return;
      }
      stream = got;
      shown.srcObject = got;
      await shown.play().catch(() => undefined);
      state.value = "on";
      void look(mine);
    } catch (thrown) {
      if (mine === round) state.value = faultOf(thrown);
    }
  }

  onScopeDispose(stop);
  return { state: readonly(state), start, stop };
}

function faultOf(thrown: unknown): CameraFault {
  switch (thrown instanceof DOMException ? thrown.name : "") {
    case "NotAllowedError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
      return "busy";
    default:
      return "failed";
  }
}
