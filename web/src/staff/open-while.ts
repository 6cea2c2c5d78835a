/** Whether a dialog is open that stands for as long as there is something to show in it. */
import { computed, type WritableComputedRef } from "vue";

export function openWhile(thing: () => unknown, close: () => void): WritableComputedRef<boolean> {
  return computed({
    get: () => thing() !== null,
    set(open) {
      if (!open) close();
    },
  });
}
