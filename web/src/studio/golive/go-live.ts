/** Going live with this device: its camera, its place in the room, its sending. Made once per room, so that tabs can change. */
import { computed, inject, onScopeDispose, watch, type ComputedRef, type InjectionKey } from "vue";
import { useI18n } from "vue-i18n";
import { CODE, noAnswer, Refusal } from "@shared/refusal";
import type { RoomCommands } from "@staff/commands";
import { gradeOfLink, type Grade } from "@staff/cameras/grade";
import { createCapture, type Capture } from "./capture";
import { bitrateOf } from "./choice";
import { storedKey, storeKey, type CameraKey } from "./camera-key";
import { createPublisher, type Publisher } from "./publisher";

export interface GoLive {
  capture: Capture;
  publisher: Publisher;
  sending: ComputedRef<boolean>;
  grade: ComputedRef<Grade | null>;
  /** This device's camera among the room's. */
  ownCamera: () => string | null;
}

export const GO_LIVE: InjectionKey<GoLive> = Symbol("go live");
/** An encoder takes so long to climb to its bitrate; until then a low one is no sign of a poor link. */
const CLIMB_MS = 8_000;

/** `owner`: whose device this is, so that phones can be told apart. */
export function createGoLive(room: string, commands: RoomCommands, owner: () => string): GoLive {
  const { t } = useI18n();
  const capture = createCapture();
  let key: CameraKey | null = storedKey(room);

  async function ensureKey(): Promise<CameraKey> {
    if (key) return key;
    const name = owner() ? t("studio.live.phoneOf", { name: owner() }) : t("studio.live.phoneName");
    // A browser that has forgotten its token gets its camera again: dead ones would pile up.
    const outcome = await commands.addCamera({ name, kind: "whip", reuse: true });
    if (!outcome.ok) throw outcome.refusal ?? noAnswer();
    const { camera, whip, token } = outcome.reply;
    if (!whip || !token) throw new Refusal({ code: CODE.internal, name: "internal", message: "" });
    key = { camera: camera.id, whip, token };
    storeKey(room, key);
    return key;
  }

  const publisher = createPublisher({
    stream: capture.stream,
    bitrateBps: () => bitrateOf(capture.choice.value),
    key: ensureKey,
    forgetKey() {
      key = null;
      storeKey(room, null);
    },
  });
  const sending = computed(() => publisher.state.value !== "off");
  const grade = computed<Grade | null>(() => {
    const { state, reading, sinceMs } = publisher;
    if (state.value === "mending" || state.value === "waiting") return "bad";
    if (state.value !== "live" || !reading.value) return null;
    const climbing = Date.now() - (sinceMs.value ?? 0) < CLIMB_MS;
    return gradeOfLink({ ...reading.value, targetBps: climbing || reading.value.limited !== "bandwidth" ? 0 : bitrateOf(capture.choice.value) });
  });

  // Without a picture there is nothing to send: unplugged, or let go.
  watch(capture.problem, (problem) => {
    if (problem && sending.value) publisher.stop();
  });
  // Closed by accident in the middle of a show: the browser asks.
  const guard = (event: BeforeUnloadEvent): void => {
    if (sending.value) event.preventDefault();
  };
  addEventListener("beforeunload", guard);
  onScopeDispose(() => removeEventListener("beforeunload", guard));

  return { capture, publisher, sending, grade, ownCamera: () => key?.camera ?? null };
}

export function useGoLive(): GoLive {
  const found = inject(GO_LIVE);
  if (!found) throw new Error("This component belongs inside a room.");
  return found;
}
