/** What a camera's tile says of it, and its buttons to who can't see them. */
import { useI18n } from "vue-i18n";
import type { Camera } from "@shared/api-types";
import { useStaffRoom } from "../commands";
import type { Going } from "./cutting";
import { useCameraFigures, type FigureText } from "./figures";

export interface CameraWords {
  /** `before`: there is no programme yet. */
  cut: (camera: Camera, going: Going | null, before: boolean) => string;
  /** What is under way; empty: nothing. */
  going: (going: Going | null) => string;
  look: (camera: Camera) => string;
  /** Whether viewers see it: it is on air, unless the show is paused. Empty: it is not the one. */
  air: (camera: Camera) => string;
  /** While it is live; old figures would be taken for new ones. */
  figures: (camera: Camera) => FigureText[];
}

export function useCameraWords(): CameraWords {
  const { t } = useI18n();
  const figuresOf = useCameraFigures();
  const { staff } = useStaffRoom();
  const isPaused = (): boolean => staff.room.view.value?.show.status === "paused";

  function airText(camera: Camera): string {
    if (!camera.on_air) return "";
    return isPaused() ? t("shared.show.paused") : t("staff.camera.onAir");
  }

  function goingText(going: Going | null): string {
    if (going === null) return "";
    if (going.kind !== "waiting") return t(`staff.camera.going.${going.kind}`);
    return going.seconds === null
      ? t("staff.camera.going.waiting")
      : t("staff.camera.going.waitingFor", { seconds: going.seconds });
  }

  return {
    cut(camera, going, before) {
      const { name } = camera;
      if (going?.kind === "cutting") return `${t("staff.camera.cutting")}: ${name}`;
      if (going?.kind === "waiting") return `${name}: ${goingText(going)}. ${t("staff.camera.cancelCut")}`;
      if (going?.kind === "opens") return t("staff.camera.notOpenWith", { name });
      if (camera.on_air) return t(isPaused() ? "staff.camera.isPaused" : "staff.camera.isOnAir", { name });
      return t(before ? "staff.camera.openWith" : "staff.camera.cutTo", { name });
    },
    going: goingText,
    look(camera) {
      const words = t("staff.camera.closer", { name: camera.name });
      return camera.on_air ? `${airText(camera)}: ${words}` : words;
    },
    air: airText,
    figures: (camera) => (camera.state === "live" && camera.health ? figuresOf(camera.health) : []),
  };
}
