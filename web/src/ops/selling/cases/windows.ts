/** The windows that a replacement may come in. Pure. */
import type { PlacedDelivery, Slot } from "@shared/api-types";

export interface WindowGroup {
  key: string;
  /** Of a pick-up point its name; null: to the door. */
  point: string | null;
  slots: Slot[];
}

/** Those with room, by where they come to: where the order went first. */
export function groupsOf(slots: readonly Slot[], was: Pick<PlacedDelivery, "method" | "point"> | null): WindowGroup[] {
  const groups = new Map<string, WindowGroup>();
  for (const slot of slots.filter(({ left }) => left > 0)) {
    const key = slot.point?.id ?? "";
    const group = groups.get(key) ?? { key, point: slot.point?.name ?? null, slots: [] };
    group.slots.push(slot);
    groups.set(key, group);
  }
  const isSame = ({ key }: WindowGroup): boolean => key === (was?.method === "pickup" ? (was.point ?? "") : "");
  return [...groups.values()].sort((a, b) => Number(isSame(b)) - Number(isSame(a)));
}
