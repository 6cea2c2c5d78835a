/** What the device is like, as it is now: a window can be made narrower, and a tablet may get a mouse. */
import { useMediaQuery } from "@vueuse/core";
import type { Ref } from "vue";
import { BREAKPOINTS } from "./breakpoints";

/** Whether there is room for columns beside the picture. */
export const useWide = (): Readonly<Ref<boolean>> => useMediaQuery(`(min-width: ${BREAKPOINTS.columns}px)`);

/** Whether things are pointed at with a mouse or the like, and not with a finger. */
export const useMouse = (): Readonly<Ref<boolean>> => useMediaQuery("(hover: hover) and (pointer: fine)");
