/** A show that has ended, whoever ended it, is watched by nobody: camera and microphone go off at once, and that is said. */
import { watch } from "vue";
import { desk } from "../desk";

export function useOffAtEnd(told: () => void): void {
  watch(
    () => desk.value?.staff.room.view.value?.show.status,
    (status) => {
      if (status === "ended" && desk.value?.live.release()) told();
    },
  );
}
