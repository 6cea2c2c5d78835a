/**
 * What a control message makes of a room's view. Pure; the same rules as on the server.
 *
 * Each module has a table of reducers by message type (reducers/). A message without one leaves the view alone: it is only
 * passed on (mute, ban, chat_delete), or comes from a newer server, and must not break the rest.
 */
import { CATALOGUE } from "./reducers/catalogue";
import { CHAT } from "./reducers/chat";
import { COUPONS } from "./reducers/coupons";
import { MEDIA } from "./reducers/media";
import { QUIZZES } from "./reducers/quizzes";
import type { Bounds, Reducer, Reducers } from "./reducers/types";
import { ROOM } from "./reducers/room";
import { SALES } from "./reducers/sales";
import type { ChatLine, Control, ControlData, RoomView } from "./wire";

export type { Bounds } from "./reducers/types";

const TABLES: readonly Reducers[] = [ROOM, CATALOGUE, COUPONS, QUIZZES, CHAT, MEDIA, SALES];
const REDUCERS = new Map(TABLES.flatMap((table) => Object.entries(table))) as ReadonlyMap<string, Reducer<ControlData>>;

/** The view after one control message. Gives the same object when nothing in the view changes. */
export function applyControl(view: RoomView, { data }: Control, bounds: Bounds): RoomView {
  return REDUCERS.get(data.type)?.(view, data, bounds) ?? view;
}

/** The chat lines after a control message: a deleted line goes, a restored one is where it was, all lines of a banned person go. */
export function moderated(lines: ChatLine[], data: ControlData): ChatLine[] {
  if (data.type === "chat_delete") return lines.filter((line) => line.id !== data.line);
  if (data.type === "chat_restore") return restored(lines, data.line);
  if (data.type === "ban" && data.until_ts !== 0) return lines.filter((line) => line.user !== data.user);
  return lines;
}

/** With the line before the first one that was said later. */
function restored(lines: ChatLine[], line: ChatLine): ChatLine[] {
  if (lines.some(({ id }) => id === line.id)) return lines;
  const at = lines.findIndex(({ ts }) => ts > line.ts);
  return at < 0 ? [...lines, line] : [...lines.slice(0, at), line, ...lines.slice(at)];
}

/** Lines after more came: each once, the newest `max`. */
export function withLines(lines: ChatLine[], more: ChatLine[], max: number): ChatLine[] {
  if (more.length === 0) return lines;
  const known = new Set(lines.map((line) => line.id));
  const fresh = more.filter((line) => !known.has(line.id));
  return fresh.length === 0 ? lines : [...lines, ...fresh].slice(-max);
}
