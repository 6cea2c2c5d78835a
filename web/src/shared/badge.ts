/** What the server says that somebody was in the room: beside their name in chat, and at answers. Pure. */
import type { ChatLine } from "./wire";

export type Badge = NonNullable<ChatLine["badge"]>;

const KNOWN: Record<Badge, true> = { host: true, cohost: true, expert: true, ops: true, care: true };

/** The badge, if this version has a word for it; newer servers may say more. */
export function badgeOf({ badge }: { badge?: Badge }): Badge | null {
  return badge !== undefined && badge in KNOWN ? badge : null;
}
