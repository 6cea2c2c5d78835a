/** The room itself and its show; the same rules as in livehub/room/room_messages.py. */
import type { RoomView } from "../wire";
import type { Reducers } from "./types";

/** Words by language that were not given again are no translation of the new ones. */
function withoutWords(view: RoomView): RoomView {
  const rest = { ...view };
  delete rest.titles;
  delete rest.notices;
  return rest;
}

export const ROOM = {
  show: (view, { show }) => ({ ...view, show }),
  room: (view, { title, host, poster, notice, titles, notices }) => ({
    ...withoutWords(view),
    title,
    host,
    poster,
    notice,
    ...(titles && { titles }),
    ...(notices && { notices }),
  }),
} satisfies Reducers;
