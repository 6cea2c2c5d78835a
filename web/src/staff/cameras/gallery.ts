/** The cameras of the room, the cut between them, and which of their dialogs is open. */
import { computed, shallowRef } from "vue";
import type { Camera, CameraMade } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { SLATE, useCutting } from "./cutting";

export function useGallery() {
  const { staff } = useStaffRoom();
  const { target, cutTo } = useCutting();
  const adding = shallowRef(false);
  /** Its address and token are shown. */
  const made = shallowRef<CameraMade | null>(null);
  const looked = shallowRef<string | null>(null);
  const cameras = computed(() => staff.cameras.value?.cameras ?? []);
  const slateOnAir = computed(() => staff.room.view.value?.program?.camera === null);

  return {
    cameras,
    loading: computed(() => staff.cameras.value === null),
    slateOnAir,
    /** What is being cut to: a camera's id, or SLATE. */
    target,
    cut(camera: Camera): void {
      if (mayCutTo(camera)) void cutTo(camera.id);
    },
    cutToSlate(): void {
      if (cameras.value.length > 0 && !slateOnAir.value) void cutTo(SLATE);
    },
    mayCutToSlate: computed(() => cameras.value.length > 0 && !slateOnAir.value && target.value === null),

    adding,
    made,
    closer: computed<Camera | null>(() => cameras.value.find(({ id }) => id === looked.value) ?? null),
    look: (camera: Camera) => (looked.value = camera.id),
    unlook: () => (looked.value = null),
    /** A camera that sends to us has a token now, which nobody can look up later. */
    showKey(next: CameraMade): void {
      looked.value = null;
      made.value = next.token ? next : null;
    },
  };
}

/** One that has no picture can't be cut to. */
export function mayCutTo(camera: Camera): boolean {
  return camera.state === "live" && !camera.on_air;
}
