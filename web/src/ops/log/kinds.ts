/** Kinds of events, to look at one alone: which types each has. Pure. */
export const KINDS = {
  show: ["room_create", "room", "show"],
  picture: [
    "camera",
    "cut",
    "cut_cancel",
    "camera_add",
    "camera_token",
    "camera_remove",
    "recording_remove",
    "clip_add",
    "clip_remove",
  ],
  goods: [
    "pin",
    "unpin",
    "bag_put",
    "bag_remove",
    "coupon",
    "coupon_end",
    "sale_scheduled",
    "sale_open",
    "sale_close",
    "sale_remove",
    "stock",
  ],
  audience: ["question", "question_dismiss", "quiz_open", "quiz_close", "quiz_result"],
  chat: ["held", "report", "held_approve", "held_reject", "chat_delete", "chat_restore", "slow_mode", "words"],
  people: ["mute", "unmute", "ban", "unban", "block", "unblock"],
  hosts: ["host", "invitation_add", "invitation_remove"],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof KINDS;
