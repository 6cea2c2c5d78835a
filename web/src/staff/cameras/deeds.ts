/** What can be done with one camera that is looked at closer: a new token, and the way out of the room. Both are asked about first. */
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import type { Camera, CameraMade } from "@shared/api-types";
import type { AskFirst } from "@kit/confirm";
import { useStaffRoom } from "../commands";

export interface CameraDeedsOptions {
  camera: () => Camera | null;
  /** Whether this very device sends it: its token is nobody else's business. */
  own?: () => boolean;
  askFirst: AskFirst;
  onMade: (made: CameraMade) => void;
  onRemoved: () => void;
}

export function useCameraDeeds({ camera, own = () => false, askFirst, onMade, onRemoved }: CameraDeedsOptions) {
  const { t } = useI18n();
  const { commands } = useStaffRoom();
  const busy = (name: string): boolean => commands.busy(`${name}:${camera()?.id ?? ""}`);

  return {
    mayRenew: computed(() => camera()?.kind === "whip" && !own()),
    renewing: computed(() => busy("camera_token")),
    removing: computed(() => busy("uncamera")),
    async renew(): Promise<void> {
      const id = camera()?.id;
      if (id === undefined) return;
      if (
        !(await askFirst({
          title: t("staff.camera.newTokenConfirm"),
          text: t("staff.camera.newTokenText"),
          action: t("staff.camera.newToken"),
        }))
      )
        return;
      const outcome = await commands.newCameraToken(id);
      if (outcome.ok) onMade(outcome.reply);
    },
    async remove(): Promise<void> {
      const going = camera();
      if (!going) return;
      const { id, name } = going;
      const yes = await askFirst({
        title: t("staff.camera.removeConfirm", { name }),
        text: t("staff.camera.removeText"),
        action: t("staff.camera.remove"),
        danger: true,
      });
      if (yes && (await commands.removeCamera(id)).ok) onRemoved();
    },
  };
}
