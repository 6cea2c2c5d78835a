/** Adding a camera: what is typed, what is wrong with it once it was tried, and the request. Begins anew with each opening. */
import { computed, reactive, ref, watch, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { CameraMade } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import { ADD_KINDS, checkCamera, emptyCameraForm, type CameraForm } from "../forms/camera";

/** What an address may look like. */
export const URL_EXAMPLE = "rtsp://192.168.1.20:554/stream1";

export function useCameraAdding(open: Ref<boolean>, onMade: (made: CameraMade) => void) {
  const { t } = useI18n();
  const { commands } = useStaffRoom();
  const form = reactive<CameraForm>(emptyCameraForm());
  const tried = ref(false);
  const defaultName = computed(() => t(`staff.camera.defaultName.${form.kind}`));
  const result = computed(() => checkCamera(form, defaultName.value));

  watch(open, (now) => {
    if (!now) return;
    tried.value = false;
    Object.assign(form, emptyCameraForm());
  });

  return {
    form,
    defaultName,
    kinds: computed(() => ADD_KINDS.map((value) => ({ value, text: t(`staff.camera.kind.${value}`) }))),
    about: computed(() => t(`staff.camera.about.${form.kind}`)),
    faults: computed(() => (tried.value ? (result.value.faults ?? {}) : {})),
    busy: computed(() => commands.busy("camera")),
    async submit(): Promise<void> {
      tried.value = true;
      const { body } = result.value;
      if (!body) return;
      const outcome = await commands.addCamera(body);
      if (!outcome.ok) return;
      open.value = false;
      onMade(outcome.reply);
    },
  };
}
