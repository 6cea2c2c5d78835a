/**
 * The public still of what a room shows (docs/hls.md): it stands in for the moving picture, in lists and while that loads. Servers
 * and caches keep it for some seconds. Everybody names it alike for `SLOT_MS`, so that a cache has one of it for all. Pure.
 */
import type { RoomView } from "@shared/wire";

/** A still in a list is as old as this at most, and what a page asks for again. */
export const SLOT_MS = 30_000;

export function stillUrl(room: string, nowMs: number): string {
  return `/live/${encodeURIComponent(room)}/still.jpg?t=${Math.floor(nowMs / SLOT_MS)}`;
}

/** Whether there is one: a camera's picture is shown, and no slate. */
export function hasStill({ show, program }: Pick<RoomView, "show" | "program">): boolean {
  return show.status === "live" && !!program?.camera;
}
