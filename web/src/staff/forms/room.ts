/** The forms of a room: a new one, and what is changed on one. Pure. */
import type { RoomEdit, RoomRequest } from "@shared/api-types";
import type { RoomView } from "@shared/wire";
import { checked, lineFault, orNull, TITLE_MAX, type Checked, type Faults } from "./checked";

export interface RoomForm {
  title: string;
  /** Empty: the server makes one. */
  id: string;
  hostName: string;
  /** As <input type="datetime-local"> gives it, in the browser's time zone; empty: not announced. */
  startsAt: string;
}

export type RoomField = keyof RoomForm;

const ROOM_ID = /^[a-z0-9][a-z0-9-]{0,47}$/;
export const NOTICE_MAX = 200;

export function emptyRoomForm(): RoomForm {
  return { title: "", id: "", hostName: "", startsAt: "" };
}

export function checkRoom(form: RoomForm, nowMs: number): Checked<RoomRequest, RoomField> {
  const faults: Faults<RoomField> = {};
  const id = form.id.trim();
  const startsMs = form.startsAt === "" ? null : new Date(form.startsAt).getTime();
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const hostFault = lineFault(form.hostName, TITLE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (hostFault) faults.hostName = hostFault;
  if (id !== "" && !ROOM_ID.test(id)) faults.id = "pattern";
  if (startsMs !== null && Number.isNaN(startsMs)) faults.startsAt = "pattern";
  else if (startsMs !== null && startsMs < nowMs) faults.startsAt = "past";
  return checked(faults, () => ({
    id: orNull(id),
    title: form.title.trim(),
    host: form.hostName.trim() === "" ? null : { name: form.hostName.trim(), avatar: null },
    starts_at: startsMs === null ? null : new Date(startsMs).toISOString(),
  }));
}

export interface RoomEditForm {
  title: string;
  hostName: string;
  notice: string;
}

export type RoomEditField = keyof RoomEditForm;

export function roomEditForm(view: RoomView): RoomEditForm {
  return { title: view.title, hostName: view.host.name, notice: view.notice };
}

/** Only what differs from the room as it is; a body without members means there is nothing to send. */
export function checkRoomEdit(form: RoomEditForm, view: RoomView): Checked<RoomEdit, RoomEditField> {
  const faults: Faults<RoomEditField> = {};
  const titleFault = lineFault(form.title, TITLE_MAX, true);
  const hostFault = lineFault(form.hostName, TITLE_MAX, true);
  const noticeFault = lineFault(form.notice, NOTICE_MAX, false);
  if (titleFault) faults.title = titleFault;
  if (hostFault) faults.hostName = hostFault;
  if (noticeFault) faults.notice = noticeFault;
  return checked(faults, () => {
    const body: RoomEdit = {};
    if (form.title.trim() !== view.title) body.title = form.title.trim();
    if (form.hostName.trim() !== view.host.name) body.host = { name: form.hostName.trim(), avatar: view.host.avatar };
    if (form.notice.trim() !== view.notice) body.notice = form.notice.trim();
    return body;
  });
}
