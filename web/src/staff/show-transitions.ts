/** What can be done with a show in each state; the server has the same table (livehub/room/show_state.py). */
import type { IconName } from "@shared/icons/shapes";
import type { Show } from "@shared/wire";

export type Deed = "live" | "resume" | "again" | "pause" | "end" | "schedule";

export const DEEDS: Record<Deed, { status: Show["status"]; icon: IconName; danger?: true }> = {
  live: { status: "live", icon: "play" },
  resume: { status: "live", icon: "play" },
  again: { status: "live", icon: "play" },
  pause: { status: "paused", icon: "pause" },
  end: { status: "ended", icon: "stop", danger: true },
  schedule: { status: "scheduled", icon: "clock" },
};

/** The likely one first. */
export const POSSIBLE: Record<Show["status"], readonly Deed[]> = {
  scheduled: ["live"],
  live: ["pause", "end"],
  paused: ["resume", "end"],
  ended: ["again", "schedule"],
};
