/** Leaves the room's page for the list: back, for who came from there. */
import { useRouter } from "vue-router";
import { closeOverlays } from "@shared/overlays/overlays";
import { goUp } from "@shared/pages/router";

export function useLeave(): () => Promise<void> {
  const router = useRouter();
  return async () => {
    await closeOverlays();
    await goUp(router, "/");
  };
}
