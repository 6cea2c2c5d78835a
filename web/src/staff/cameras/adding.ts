/** Adding a camera: what is typed, what is wrong with it once it was tried, and the request. Begins anew with each opening. */
import { computed, reactive, watch, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { CameraMade } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { ADD_KINDS, checkCamera, emptyCameraForm, type CameraForm } from "../forms/camera";
import { CAMERA_NAMES } from "../forms/refused";
import { useForm, type Root } from "../forms/useForm";

/** What an address may look like. */
export const URL_EXAMPLE = "rtsp://192.168.1.20:554/stream1";

/** `root`: what holds the fields. */
export function useCameraAdding(
  open: Ref<boolean>,
  root: Readonly<Ref<Root | null>>,
  onMade: (made: CameraMade) => void,
) {
  const { t } = useI18n();
  const { commands } = useStaffRoom();
  const form = reactive<CameraForm>(emptyCameraForm());
  const defaultName = computed(() => t(`staff.camera.defaultName.${form.kind}`));
  const { faults, changed, reset, tried, refused } = useForm(
    form,
    () => checkCamera(form, defaultName.value),
    root,
    CAMERA_NAMES,
  );

  watch(open, (now) => {
    if (!now) return;
    Object.assign(form, emptyCameraForm());
    reset();
  });

  return {
    form,
    defaultName,
    kinds: computed(() => ADD_KINDS.map((value) => ({ value, text: t(`staff.camera.kind.${value}`) }))),
    about: computed(() => t(`staff.camera.about.${form.kind}`)),
    faults,
    changed,
    busy: computed(() => commands.busy("camera")),
    async submit(): Promise<void> {
      const body = tried();
      if (!body) return;
      const outcome = await commands.addCamera(body);
      if (!outcome.ok) {
        refused(outcome.refusal);
        return;
      }
      open.value = false;
      onMade(outcome.reply);
    },
  };
}
