/** The room itself and its show; the same rules as in livehub/room/room_messages.py. */
import type { Reducers } from "./types";

export const ROOM = {
  show: (view, { show }) => ({ ...view, show }),
  room: (view, { title, host, poster, notice }) => ({ ...view, title, host, poster, notice }),
} satisfies Reducers;
