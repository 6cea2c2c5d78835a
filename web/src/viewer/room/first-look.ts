/**
 * What the server put into the HTML of a room: the room as lists show it, and where its picture plays. The page draws that, and
 * starts the picture, while it still asks who is here and joins; what the join says then takes its place.
 */
import type { RoomSummary } from "@shared/api-types";
import type { Preview } from "@shared/room";

/** livehub/node/first_look.py */
interface Known {
  room: RoomSummary;
  hls: string | null;
}

/** What this page came with about the room; null if that is another one, nothing, or was taken before. */
export function takePreview(room: string): Preview | null {
  const block = document.querySelector("script#room[type='application/json']");
  block?.remove();
  try {
    const known = JSON.parse(block?.textContent ?? "null") as Known | null;
    return known?.room.id === room ? previewOf(known) : null;
  } catch {
    return null; // Cut off on its way; the join tells it all.
  }
}

export function previewOf({ room, hls }: Known): Preview {
  const { id, title, titles, host, poster, show, pin, likes, viewers } = room;
  // A picture is of a camera; which one, and how it is had with less delay, the join says.
  const program = hls === null ? null : { camera: id, name: "", state: "on" as const, since_ts: 0, hls, whep: null };
  const view = { id, title, titles, host, poster, show, pin, program, notice: "", slow_mode_s: 0, quiz: null };
  return { view: { ...view, questions: [], bag: [], coupons: [], sales: [] }, likes, viewers };
}

/** The poster that the HTML itself drew gives way to the page's own, once that is painted. */
export function endFirstLook(): void {
  const drawn = document.getElementById("first-look");
  if (drawn) requestAnimationFrame(() => requestAnimationFrame(() => drawn.remove()));
}
