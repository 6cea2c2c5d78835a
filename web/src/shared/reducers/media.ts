/** The picture; the same rules as in media/room_messages.py. */
import type { Reducers } from "./types";

export const MEDIA = {
  camera: (view, { program }) => ({ ...view, program }),
} satisfies Reducers;
