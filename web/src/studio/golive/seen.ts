/** What viewers get to see of a show, and of this device in it, as the host's desk can tell. Pure. */
import type { CameraList } from "@shared/api-types";
import type { Show } from "@shared/wire";
import type { Interruption } from "./capture";
import type { Problem } from "./choice";
import type { PublishState } from "./publisher";

/**
 * Why viewers of a live show see no picture that moves, or hear nothing. `none`: no camera has sent yet. `lost`: those that did
 * have stopped. `elsewhere`: so has the one that was chosen, while others send. `mending`: this device is finding its way back.
 * `frozen`, `silent`: the system has taken this device's camera or microphone away for now, as phones do for a call.
 */
export type Trouble = "none" | "lost" | "elsewhere" | "mending" | "frozen" | "silent";

export interface Facts {
  status: Show["status"];
  /** Null: not known yet, or this installation has no media, so that nothing is missing. */
  cameras: CameraList | null;
  /** This device's camera among them. */
  own: string | null;
  publishing: PublishState;
  problem: Problem | null;
  interruption: Interruption | null;
}

export function troubleOf({ status, cameras: list, own, publishing, problem, interruption }: Facts): Trouble | null {
  if (status !== "live" || !list) return null;
  const [sends, watched] = [publishing !== "off", list.on_air === null || list.on_air === own];
  if (sends && watched && interruption === "picture") return "frozen";
  if (!list.cameras.some(({ state }) => state === "live")) {
    if (publishing === "mending" || publishing === "waiting") return "mending";
    const mine = list.cameras.find(({ id }) => id === own);
    // Connected, yet nothing comes there: the camera gives no pictures. The list may be a moment behind otherwise.
    if (publishing === "live") return mine?.state === "lost" ? "frozen" : null;
    if (publishing === "starting") return null;
    return problem === "gone" || list.cameras.some(({ state }) => state === "lost") ? "lost" : "none";
  }
  if (list.program === "lost") return "elsewhere";
  return sends && watched && interruption === "sound" ? "silent" : null;
}

/** What comes of what this device sends: nobody sees it yet, or any more, or it is on air, or another camera is. */
export type Reach = "private" | "onAir" | "standby" | "paused";

/** `onAir`: this device's camera is what viewers see; null: not known yet. */
export function reachOf(status: Show["status"], onAir: boolean | null): Reach {
  if (status === "paused") return "paused";
  if (status !== "live") return "private";
  return onAir === false ? "standby" : "onAir";
}

/** Whether a show that begins now begins without a picture. */
export function startsBlind({ cameras, publishing }: Pick<Facts, "cameras" | "publishing">): boolean {
  return (
    cameras !== null &&
    publishing === "off" &&
    !cameras.cameras.some(({ state }) => state === "live" || state === "connecting")
  );
}
