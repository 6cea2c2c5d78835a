/**
 * Keeps what happens in the room in step with the picture. Pure: no clock, no timers.
 *
 * The picture that a viewer sees is some seconds old; a pin that is shown as it comes would be there before the host says
 * a word about it. So control messages and chat lines wait until the picture reaches the moment they were made at
 * (`ts`, the server's clock, which also stamps the picture):
 *
 * - in order: what waits in front of something that is due is due as well;
 * - at most HOLD_MAX_MS; and not at all while no picture plays, or while somebody looks at what has been (`pictureTs` null), or
 *   where the picture is of another time than the room (PICTURE_BEHIND_MAX_MS);
 * - a quiz opens while at least QUIZ_LEFT_SHARE of its time is left, since `closes_ts` is real time for everybody;
 * - what keeps order in the room, what the picture itself depends on, and what people race for (sales), is not held up
 *   (`isUrgent`).
 */
import type { ChatLine, Control } from "./wire";

/**
 * A picture of whole segments, on a slow link, is 12 s old (three target durations, RFC 8216bis 4.4.3.8). Who is further behind than
 * this gets the room early rather than very late.
 */
export const HOLD_MAX_MS = 15_000;
/** No picture is so late: the room goes by another time, since somebody has moved it (`demo` lets one do so). */
export const PICTURE_BEHIND_MAX_MS = 60_000;
/** Of the time for answering a quiz. */
export const QUIZ_LEFT_SHARE = 0.7;
/** So many messages wait, each of controls and lines; then the oldest are shown. A tick brings few, so this is never near. */
export const WAITING_MAX = 500;

/** One thing that waits for its moment in the picture; after `untilTs` it waits no longer. */
export interface Waiting<Item> {
  ts: number;
  untilTs: number;
  item: Item;
}

export function waitingControl(control: Control): Waiting<Control> {
  const { ts, data } = control;
  const untilTs = ts + HOLD_MAX_MS;
  if (data.type !== "quiz_open") return { ts, untilTs, item: control };
  const { opens_ts, closes_ts } = data.quiz;
  const latest = closes_ts - QUIZ_LEFT_SHARE * (closes_ts - opens_ts);
  return { ts, untilTs: Math.min(untilTs, latest), item: control };
}

export function waitingLine(line: ChatLine): Waiting<ChatLine> {
  return { ts: line.ts, untilTs: line.ts + HOLD_MAX_MS, item: line };
}

/** How many from the front are to be shown now. `pictureTs`: the moment that the picture shows; null: nothing to be in step with. */
export function dueCount(waiting: readonly Waiting<unknown>[], nowTs: number, pictureTs: number | null): number {
  if (pictureTs === null || nowTs - pictureTs > PICTURE_BEHIND_MAX_MS) return waiting.length;
  const last = waiting.findLastIndex(({ ts, untilTs }) => ts <= pictureTs || untilTs <= nowTs);
  return Math.max(last + 1, waiting.length - WAITING_MAX);
}

/** `at once`: it touches nothing that waits. `all`: whatever waits in front of it is shown first, so that the order holds. */
export function isUrgent({ data }: Control): "at once" | "all" | null {
  switch (data.type) {
    case "mute":
    case "ban":
    case "host":
    case "chat_delete":
    case "chat_restore":
    case "slow_mode":
    case "camera":
    case "sale_scheduled":
    case "sale_open":
    case "sale_change":
    case "sale_close":
    case "sale_remove":
      return "at once";
    case "show":
      return "all";
    default:
      return null;
  }
}
