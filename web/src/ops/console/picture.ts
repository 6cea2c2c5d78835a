/** What viewers have before them while a show is live. Pure. */
import type { RoomView } from "@shared/wire";

/** `none`: no camera has sent yet; `lost`: the slate, because no picture comes; `slate`: it was chosen. */
export type Picture = "on" | "none" | "lost" | "slate";

/** A camera that is there needs a moment to be on air after the show has begun. */
const START_MS = 3_000;

export function pictureOf({ program }: Pick<RoomView, "program">): Picture {
  return program?.state ?? "none";
}

/** What has to be said loudly: the show is live, and viewers have nothing to look at that somebody chose. */
export function missing(view: Pick<RoomView, "program" | "show">, nowMs: number): "none" | "lost" | null {
  if (view.show.status !== "live") return null;
  const picture = pictureOf(view);
  if (picture === "none") return nowMs - view.show.since_ts < START_MS ? null : "none";
  return picture === "lost" ? "lost" : null;
}
