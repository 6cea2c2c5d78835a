/** Going live with this device: its camera, its place in the room, its sending. Made once per room, so that tabs can change. */
import { computed, inject, shallowRef, watch, type ComputedRef, type InjectionKey } from "vue";
import { useEventListener } from "@vueuse/core";
import { useI18n } from "vue-i18n";
import { CODE, noAnswer, Refusal } from "@shared/refusal";
import type { RoomCommands } from "@staff/commands";
import type { StaffRoom } from "@staff/staff-room";
import { gradeOfLink, type Grade } from "@staff/cameras/grade";
import { createCapture, type Capture } from "./capture";
import { bitrateOf } from "./choice";
import { storedKey, storeKey, type CameraKey } from "./camera-key";
import { createPublisher, type Publisher } from "./publisher";
import { reachOf, troubleOf, type Reach, type Trouble } from "./seen";

export interface GoLive {
  capture: Capture;
  publisher: Publisher;
  sending: ComputedRef<boolean>;
  grade: ComputedRef<Grade | null>;
  /** This device's camera among the room's. */
  ownCamera: () => string | null;
  /** Why viewers see nothing, while the show is live. */
  trouble: ComputedRef<Trouble | null>;
  /** Who sees what this device sends. */
  reach: ComputedRef<Reach>;
  /** Stops sending, and lets camera and microphone go. Whether there was anything to stop. */
  release: () => boolean;
}

export const GO_LIVE: InjectionKey<GoLive> = Symbol("go live");
/** An encoder takes so long to climb to its bitrate; until then a low one is no sign of a poor link. */
const CLIMB_MS = 8_000;

/** `owner`: whose device this is, so that phones can be told apart. */
export function createGoLive(room: string, commands: RoomCommands, staff: StaffRoom, owner: () => string): GoLive {
  const { t } = useI18n();
  const capture = createCapture();
  /** Reactive, since what viewers see of this device depends on which camera it is. */
  const key = shallowRef<CameraKey | null>(storedKey(room));

  async function ensureKey(): Promise<CameraKey> {
    if (key.value) return key.value;
    const name = owner() ? t("studio.live.phoneOf", { name: owner() }) : t("studio.live.phoneName");
    // A browser that has forgotten its token gets its camera again: dead ones would pile up.
    const outcome = await commands.addCamera({ name, kind: "whip", reuse: true });
    if (!outcome.ok) throw outcome.refusal ?? noAnswer();
    const { camera, whip, token } = outcome.reply;
    if (!whip || !token) throw new Refusal({ code: CODE.internal, name: "internal", message: "" });
    key.value = { camera: camera.id, whip, token };
    storeKey(room, key.value);
    return key.value;
  }

  const publisher = createPublisher({
    stream: capture.stream,
    bitrateBps: () => bitrateOf(capture.choice.value),
    key: ensureKey,
    forgetKey() {
      key.value = null;
      storeKey(room, null);
    },
  });
  const sending = computed(() => publisher.state.value !== "off");
  const grade = computed<Grade | null>(() => {
    const { state, reading, sinceMs } = publisher;
    if (state.value === "mending" || state.value === "waiting") return "bad";
    if (state.value !== "live" || !reading.value) return null;
    const climbing = Date.now() - (sinceMs.value ?? 0) < CLIMB_MS;
    return gradeOfLink({
      ...reading.value,
      targetBps: climbing || reading.value.limited !== "bandwidth" ? 0 : bitrateOf(capture.choice.value),
    });
  });

  const ownCamera = (): string | null => key.value?.camera ?? null;
  const status = computed(() => staff.room.view.value?.show.status ?? "scheduled");
  const trouble = computed(() =>
    troubleOf({
      status: status.value,
      cameras: staff.cameras.value,
      own: ownCamera(),
      publishing: publisher.state.value,
      problem: capture.problem.value,
      interruption: capture.interruption.value,
    }),
  );
  const reach = computed(() =>
    reachOf(status.value, staff.cameras.value && staff.cameras.value.on_air === ownCamera()),
  );

  // Without a picture there is nothing to send: unplugged, or let go.
  watch(capture.problem, (problem) => {
    if (problem && sending.value) publisher.stop();
  });
  // Closed by accident in the middle of a show: the browser asks.
  useEventListener("beforeunload", (event) => {
    if (sending.value) event.preventDefault();
  });

  return {
    capture,
    publisher,
    sending,
    grade,
    ownCamera,
    trouble,
    reach,
    release() {
      const was = sending.value || capture.stream.value !== null;
      publisher.stop();
      capture.stop();
      return was;
    },
  };
}

export function useGoLive(): GoLive {
  const found = inject(GO_LIVE);
  if (!found) throw new Error("This component belongs inside a room.");
  return found;
}
