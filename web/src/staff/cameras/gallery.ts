/** The cameras of the room, the cut between them, and which of their dialogs is open. */
import { computed, onMounted, shallowRef } from "vue";
import type { Camera, CameraMade } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { SLATE, useCutting, type Going } from "./cutting";

export function useGallery() {
  const { staff } = useStaffRoom();
  const { target, busy, goingOf, cutTo, cancel } = useCutting();
  const adding = shallowRef(false);
  /** Its address and token are shown. */
  const made = shallowRef<CameraMade | null>(null);
  const looked = shallowRef<string | null>(null);
  const cameras = computed(() => staff.cameras.value?.cameras ?? []);
  const slateOnAir = computed(() => staff.room.view.value?.program?.camera === null);
  const paused = computed(() => staff.room.view.value?.show.status === "paused");
  const ended = computed(() => staff.room.view.value?.show.status === "ended");
  /** There has to be a picture for the slate to stand in for. */
  const mayCutToSlate = computed(
    () =>
      Boolean(staff.room.view.value?.program) &&
      cameras.value.length > 0 &&
      !slateOnAir.value &&
      !busy.value &&
      target.value === null,
  );

  // Cameras of a show that is over are taken in only while somebody looks.
  onMounted(staff.refreshCameras);

  return {
    cameras,
    loading: computed(() => staff.cameras.value === null),
    paused,
    slateOnAir,
    /** What is being cut to: a camera's id, or SLATE. */
    target,
    goingOf,
    /** No cut can be made now. */
    blocked: computed(() => busy.value || target.value !== null || ended.value),
    /** Nothing is shown yet: a cut chooses the camera that opens the show. */
    before: computed(() => staff.cameras.value?.program === "none"),
    /** The camera that opens the show. */
    opener: computed<Camera | null>(() => cameras.value.find(({ id }) => goingOf(id)?.kind === "opens") ?? null),
    /** To a camera that is waited for already: not any more. */
    cut(camera: Camera): void {
      if (waits(goingOf(camera.id))) void cancel();
      else if (mayCutTo(camera) && !ended.value) void cutTo(camera.id);
    },
    cutToSlate(): void {
      if (mayCutToSlate.value) void cutTo(SLATE);
    },
    mayCutToSlate,

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

export const waits = (going: Going | null): boolean => going?.kind === "waiting" || going?.kind === "opens";

/** One that has no picture can't be cut to. */
export function mayCutTo(camera: Camera): boolean {
  return camera.state === "live" && !camera.on_air;
}
