/** A cut under way: from the tap until the programme has come to the moment of the cut, which viewers see a little later. */
import { computed, shallowRef, type ComputedRef } from "vue";
import { useStaffRoom } from "../commands";
import { useNow } from "../now";

export const SLATE = "slate";

export interface Cutting {
  /** What is being cut to; null when nothing is. */
  target: ComputedRef<string | null>;
  cutTo: (camera: string) => Promise<void>;
}

export function useCutting(): Cutting {
  const { staff, commands } = useStaffRoom();
  const now = useNow(staff.room.serverNow, 100);
  const asked = shallowRef<string | null>(null);
  const untilTs = shallowRef(0);

  return {
    target: computed(() => (asked.value !== null && (commands.busy("cut") || now.value < untilTs.value) ? asked.value : null)),
    async cutTo(camera) {
      if (commands.busy("cut")) return;
      asked.value = camera;
      untilTs.value = 0;
      const outcome = await commands.cut(camera);
      if (outcome.ok) untilTs.value = outcome.reply.at_ts;
      else asked.value = null;
      staff.refreshCameras();
    },
  };
}
