/** What a camera's tile says of it, and its buttons to who can't see them. */
import { useI18n } from "vue-i18n";
import type { Camera } from "@shared/api-types";
import { useCameraFigures, type FigureText } from "./figures";

export interface CameraWords {
  cut: (camera: Camera, cutting: boolean) => string;
  look: (camera: Camera) => string;
  /** While it is live; old figures would be taken for new ones. */
  figures: (camera: Camera) => FigureText[];
}

export function useCameraWords(): CameraWords {
  const { t } = useI18n();
  const figuresOf = useCameraFigures();
  return {
    cut(camera, cutting) {
      if (cutting) return `${t("staff.camera.cutting")}: ${camera.name}`;
      return t(camera.on_air ? "staff.camera.isOnAir" : "staff.camera.cutTo", { name: camera.name });
    },
    look(camera) {
      const words = t("staff.camera.closer", { name: camera.name });
      return camera.on_air ? `${t("staff.camera.onAir")}: ${words}` : words;
    },
    figures: (camera) => (camera.state === "live" && camera.health ? figuresOf(camera.health) : []),
  };
}
