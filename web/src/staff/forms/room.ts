/** The forms of a room: a new one, and what is changed on one. Pure. */
import type { RoomEdit, RoomRequest } from "@shared/api-types";
import { oneLine } from "@shared/text";
import type { RoomView } from "@shared/wire";
import { asStored, inLanguage, twoWords, type Language } from "@shared/words";
import { localOf, momentOf, ownZone } from "@shared/zone";
import { checked, lineFault, orNull, TITLE_MAX, type Checked, type Fault, type Faults } from "@kit/forms/checked";

/** `...Other`, here and below: the same in the pages' other language; empty: none. */
export interface RoomForm {
  title: string;
  titleOther: string;
  /** Empty: the server makes one. */
  id: string;
  hostName: string;
  /** As <input type="datetime-local"> gives it, in the shop's time zone; empty: not announced. */
  startsAt: string;
  /** The id of an upload; "" for none. */
  poster: string;
}

export type RoomField = keyof RoomForm;

const ROOM_ID = /^[a-z0-9][a-z0-9-]{0,47}$/;
export const NOTICE_MAX = 200;

export function emptyRoomForm(): RoomForm {
  return { title: "", titleOther: "", id: "", hostName: "", startsAt: "", poster: "" };
}

/** `own`: the language of who fills it in; `zone`: that of the times in the form. */
export function checkRoom(
  form: RoomForm,
  own: Language,
  nowMs: number,
  zone = ownZone(),
): Checked<RoomRequest, RoomField> {
  const faults: Faults<RoomField> = {};
  const id = form.id.trim();
  const start = startOf(form.startsAt, nowMs, zone);
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const otherFault = lineFault(form.titleOther, TITLE_MAX, false);
  const hostFault = lineFault(form.hostName, TITLE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (otherFault) faults.titleOther = otherFault;
  if (hostFault) faults.hostName = hostFault;
  if (id !== "" && !ROOM_ID.test(id)) faults.id = "pattern";
  if (typeof start === "string") faults.startsAt = start;
  return checked(faults, () => {
    const { plain, words } = asStored({ own: oneLine(form.title), other: oneLine(form.titleOther) }, own);
    return {
      id: orNull(id),
      title: plain,
      host: oneLine(form.hostName) === "" ? null : { name: oneLine(form.hostName), avatar: null },
      starts_at: typeof start === "number" ? new Date(start).toISOString() : null,
      poster: orNull(form.poster),
      ...(words && { titles: words }),
    };
  });
}

/** The moment (Unix ms), null where none is given, or what is wrong with it. */
function startOf(text: string, nowMs: number, zone: string): number | null | Fault {
  if (text === "") return null;
  const found = momentOf(text, zone);
  return typeof found === "number" && found <= nowMs ? "past" : found;
}

export interface RoomEditForm {
  title: string;
  titleOther: string;
  hostName: string;
  notice: string;
  noticeOther: string;
  /** The id of an upload, or the address of the poster that is there; "" for none. */
  poster: string;
  /** As in RoomForm; left out where it is not asked for. */
  startsAt?: string;
}

export type RoomEditField = keyof RoomEditForm;

/** `view`: as it is stored; `own`: the language of who fills it in. */
export function roomEditForm(view: RoomView, own: Language): RoomEditForm {
  const title = twoWords(view.title, view.titles, own);
  const notice = twoWords(view.notice, view.notices, own);
  return {
    title: title.own,
    titleOther: title.other,
    hostName: inLanguage(view.host, own).name,
    notice: notice.own,
    noticeOther: notice.other,
    poster: view.poster ?? "",
  };
}

/** With the announced start, in `zone`. */
export function roomEditFormWithStart(
  view: RoomView,
  own: Language,
  zone: string,
): RoomEditForm & { startsAt: string } {
  const { starts_ts } = view.show;
  return { ...roomEditForm(view, own), startsAt: starts_ts === null ? "" : localOf(starts_ts, zone) };
}

/**
 * Only what was changed in the form; a body without members means there is nothing to send. `filled`: the form as it was filled
 * in, by somebody whose language is `own`. What somebody else has changed in the room since then is theirs, and is not sent back.
 * `avatar`: the host's, as it is now.
 */
export function checkRoomEdit(
  form: RoomEditForm,
  filled: RoomEditForm,
  avatar: string | null,
  own: Language,
  nowMs = 0,
  zone = ownZone(),
): Checked<RoomEdit, RoomEditField> {
  const faults: Faults<RoomEditField> = {};
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const titleOtherFault = lineFault(form.titleOther, TITLE_MAX, false);
  const hostFault = lineFault(form.hostName, TITLE_MAX, true);
  const noticeFault = lineFault(form.notice, NOTICE_MAX, false);
  const noticeOtherFault = lineFault(form.noticeOther, NOTICE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (titleOtherFault) faults.titleOther = titleOtherFault;
  if (hostFault) faults.hostName = hostFault;
  if (noticeFault) faults.notice = noticeFault;
  if (noticeOtherFault) faults.noticeOther = noticeOtherFault;
  // One that has passed meanwhile may stay as it is.
  const isMoved = form.startsAt !== undefined && form.startsAt !== filled.startsAt;
  const start = isMoved ? startOf(form.startsAt ?? "", nowMs, zone) : null;
  if (typeof start === "string") faults.startsAt = start;
  /** What to store of a line; null where neither of its languages was changed. */
  const edited = (mine: "title" | "notice", others: "titleOther" | "noticeOther") => {
    const [line, other] = [oneLine(form[mine]), oneLine(form[others])];
    if (line === filled[mine] && other === filled[others]) return null;
    return { ...asStored({ own: line, other }, own), says: other !== "" || filled[others] !== "" };
  };
  return checked(faults, () => {
    const body: RoomEdit = {};
    const title = edited("title", "titleOther");
    const notice = edited("notice", "noticeOther");
    if (title) Object.assign(body, { title: title.plain }, title.says && { titles: title.words });
    if (oneLine(form.hostName) !== filled.hostName) body.host = { name: oneLine(form.hostName), avatar };
    if (notice) Object.assign(body, { notice: notice.plain }, notice.says && { notices: notice.words });
    if (form.poster !== filled.poster) body.poster = form.poster;
    if (isMoved) body.starts_at = typeof start === "number" ? new Date(start).toISOString() : null;
    return body;
  });
}
