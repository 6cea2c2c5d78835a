/**
 * Chat that stands still while a moderator points at it: what is shown stays where it is, new lines wait, and what a colleague
 * deletes is struck through in its place. Pure.
 */
import type { ChatLine } from "@shared/wire";

/** How many of `current` came after all that is shown. */
export function waitingCount(shown: readonly ChatLine[], current: readonly ChatLine[]): number {
  const known = new Set(shown.map(({ id }) => id));
  const last = current.findLastIndex(({ id }) => known.has(id));
  return current.length - 1 - last;
}

/** Which of the lines shown were taken away; those that only had to make room for newer ones were not. */
export function deletedOf(shown: readonly ChatLine[], current: readonly ChatLine[]): ReadonlySet<string> {
  const left = new Set(current.map(({ id }) => id));
  const oldestTs = current[0]?.ts ?? Number.POSITIVE_INFINITY;
  return new Set(shown.filter(({ id, ts }) => !left.has(id) && ts >= oldestTs).map(({ id }) => id));
}
