/** The forms of a room: a new one, and what is changed on one. Pure. */
import type { RoomEdit, RoomRequest } from "@shared/api-types";
import { oneLine } from "@shared/text";
import type { RoomView } from "@shared/wire";
import { localOf, momentOf, ownZone } from "@shared/zone";
import { checked, lineFault, orNull, TITLE_MAX, type Checked, type Fault, type Faults } from "@kit/forms/checked";

export interface RoomForm {
  title: string;
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
  return { title: "", id: "", hostName: "", startsAt: "", poster: "" };
}

/** `zone`: that of the times in the form. */
export function checkRoom(form: RoomForm, nowMs: number, zone = ownZone()): Checked<RoomRequest, RoomField> {
  const faults: Faults<RoomField> = {};
  const id = form.id.trim();
  const start = startOf(form.startsAt, nowMs, zone);
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const hostFault = lineFault(form.hostName, TITLE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (hostFault) faults.hostName = hostFault;
  if (id !== "" && !ROOM_ID.test(id)) faults.id = "pattern";
  if (typeof start === "string") faults.startsAt = start;
  return checked(faults, () => ({
    id: orNull(id),
    title: oneLine(form.title),
    host: oneLine(form.hostName) === "" ? null : { name: oneLine(form.hostName), avatar: null },
    starts_at: typeof start === "number" ? new Date(start).toISOString() : null,
    poster: orNull(form.poster),
  }));
}

/** The moment (Unix ms), null where none is given, or what is wrong with it. */
function startOf(text: string, nowMs: number, zone: string): number | null | Fault {
  if (text === "") return null;
  const found = momentOf(text, zone);
  return typeof found === "number" && found <= nowMs ? "past" : found;
}

export interface RoomEditForm {
  title: string;
  hostName: string;
  notice: string;
  /** The id of an upload, or the address of the poster that is there; "" for none. */
  poster: string;
  /** As in RoomForm; left out where it is not asked for. */
  startsAt?: string;
}

export type RoomEditField = keyof RoomEditForm;

export function roomEditForm(view: RoomView): RoomEditForm {
  return { title: view.title, hostName: view.host.name, notice: view.notice, poster: view.poster ?? "" };
}

/** With the announced start, in `zone`. */
export function roomEditFormWithStart(view: RoomView, zone: string): RoomEditForm & { startsAt: string } {
  const { starts_ts } = view.show;
  return { ...roomEditForm(view), startsAt: starts_ts === null ? "" : localOf(starts_ts, zone) };
}

/**
 * Only what was changed in the form; a body without members means there is nothing to send. `filled`: the form as it was filled
 * in. What somebody else has changed in the room since then is theirs, and is not sent back. `avatar`: the host's, as it is now.
 */
export function checkRoomEdit(
  form: RoomEditForm,
  filled: RoomEditForm,
  avatar: string | null,
  nowMs = 0,
  zone = ownZone(),
): Checked<RoomEdit, RoomEditField> {
  const faults: Faults<RoomEditField> = {};
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const hostFault = lineFault(form.hostName, TITLE_MAX, true);
  const noticeFault = lineFault(form.notice, NOTICE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (hostFault) faults.hostName = hostFault;
  if (noticeFault) faults.notice = noticeFault;
  // One that has passed meanwhile may stay as it is.
  const isMoved = form.startsAt !== undefined && form.startsAt !== filled.startsAt;
  const start = isMoved ? startOf(form.startsAt ?? "", nowMs, zone) : null;
  if (typeof start === "string") faults.startsAt = start;
  return checked(faults, () => {
    const body: RoomEdit = {};
    if (oneLine(form.title) !== filled.title) body.title = oneLine(form.title);
    if (oneLine(form.hostName) !== filled.hostName) body.host = { name: oneLine(form.hostName), avatar };
    if (oneLine(form.notice) !== filled.notice) body.notice = oneLine(form.notice);
    if (form.poster !== filled.poster) body.poster = form.poster;
    if (isMoved) body.starts_at = typeof start === "number" ? new Date(start).toISOString() : null;
    return body;
  });
}
