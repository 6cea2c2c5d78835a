/** Which show comes next. Pure. */
import type { RoomSummary } from "@shared/api-types";

/** One that is on, else the one that begins first; null: none is announced. */
export function nextShow(rooms: readonly RoomSummary[], nowMs: number): RoomSummary | null {
  const live = rooms.find(({ show }) => show.status === "live");
  if (live) return live;
  const starts = ({ show }: RoomSummary): number => show.starts_ts ?? 0;
  return (
    rooms
      .filter((room) => room.show.status === "scheduled" && starts(room) > nowMs)
      .toSorted((a, b) => starts(a) - starts(b))[0] ?? null
  );
}
