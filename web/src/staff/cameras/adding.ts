/** Adding a camera: what is typed, what is wrong with it once it was tried, and the request. Begins anew with each opening. */
import { computed, watch, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { CameraMade } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { ADD_KINDS, checkCamera, emptyCameraForm, type CameraForm } from "../forms/camera";
import { CAMERA_NAMES } from "../forms/names";
import { useForm } from "@kit/forms/useForm";

/** What an address may look like. */
export const URL_EXAMPLE = "rtsp://192.168.1.20:554/stream1";

export function useCameraAdding(open: Ref<boolean>, onMade: (made: CameraMade) => void) {
  const { t } = useI18n();
  const { commands } = useStaffRoom();
  const nameOf = (form: CameraForm): string => t(`staff.camera.defaultName.${form.kind}`);
  const work = useForm({
    empty: emptyCameraForm,
    check: (form: CameraForm) => checkCamera(form, nameOf(form)),
    names: CAMERA_NAMES,
    send: (body) => commands.addCamera(body),
    sent(made) {
      open.value = false;
      onMade(made);
    },
  });
  watch(open, (now) => now && work.begin());

  return {
    ...work,
    defaultName: computed(() => nameOf(work.form)),
    kinds: computed(() => ADD_KINDS.map((value) => ({ value, text: t(`staff.camera.kind.${value}`) }))),
    about: computed(() => t(`staff.camera.about.${work.form.kind}`)),
  };
}
