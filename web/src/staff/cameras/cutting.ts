/**
 * A cut under way: from the tap until the programme has come to the moment of the cut, which viewers see a little later.
 *
 * A camera that sends keyframes as it pleases is waited for; so is, before there is a programme, the start of the show by the
 * camera that was chosen to open it. Who waits may cut to another, or cancel. The list of cameras has the truth of that.
 */
import { computed, shallowRef, type ComputedRef } from "vue";
import type { CameraList } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { useNow } from "@kit/useNow";

export const SLATE = "slate";

/** What a camera's tile says beside its state. `seconds`: about how many; null while that is not known. */
export type Going =
  { kind: "cutting" } | { kind: "waiting"; seconds: number | null } | { kind: "opens" } | { kind: "failed" };

export interface Cutting {
  /** What a cut was just asked to; null when none is on its way. */
  target: ComputedRef<string | null>;
  /** A request is on its way, and no other can be made. */
  busy: ComputedRef<boolean>;
  goingOf: (camera: string) => Going | null;
  cutTo: (camera: string) => Promise<void>;
  cancel: () => Promise<void>;
}

export function useCutting(): Cutting {
  const { staff, commands } = useStaffRoom();
  const now = useNow(staff.room.serverNow, 100);
  const asked = shallowRef<string | null>(null);
  const untilTs = shallowRef(0);
  const busy = computed(() => commands.busy("cut") || commands.busy("uncut"));
  const target = computed(() =>
    asked.value !== null && (commands.busy("cut") || now.value < untilTs.value) ? asked.value : null,
  );

  return {
    target,
    busy,
    goingOf: (camera) => (target.value === camera ? { kind: "cutting" } : goingIn(staff.cameras.value, camera)),
    async cutTo(camera) {
      if (busy.value) return;
      asked.value = camera;
      untilTs.value = 0;
      const outcome = await commands.cut(camera);
      if (outcome.ok && !outcome.reply.waits) untilTs.value = outcome.reply.at_ts;
      else asked.value = null;
      staff.refreshCameras();
    },
    async cancel() {
      if (busy.value) return;
      await commands.cancelCut();
      staff.refreshCameras();
    },
  };
}

/** What the list tells of a camera. Pure. */
export function goingIn(list: CameraList | null, camera: string): Going | null {
  if (list?.next === camera) {
    if (list.program === "none") return { kind: "opens" };
    return {
      kind: "waiting",
      seconds: list.next_in_ms === null ? null : Math.max(1, Math.ceil(list.next_in_ms / 1_000)),
    };
  }
  return list?.failed === camera ? { kind: "failed" } : null;
}
