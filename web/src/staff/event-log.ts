/** What has been done in a room, latest first, as it was loaded page by page and grows at its head. Pure, bounded. */
import type { PastEvent, PastEvents } from "@shared/api-types";

export interface EventLog {
  items: readonly PastEvent[];
  /** Where the earlier ones begin; null when there are none, or none are kept here. */
  next: string | null;
}

export const EVENTS_MAX = 2_000;
export const NO_EVENTS: EventLog = { items: [], next: null };

/** With the first page as it is now. What was loaded before stays where the page joins on to it; else there would be a hole. */
export function withLatest(log: EventLog, page: PastEvents): EventLog {
  const last = page.items.at(-1);
  const known = new Set(log.items.map(({ id }) => id));
  if (!last || page.next === null || !page.items.some(({ id }) => known.has(id))) return bounded(page.items, page.next);
  return bounded([...page.items, ...log.items.filter((item) => isEarlier(item, last))], log.next);
}

/** With the page that was asked for by `log.next`. */
export function withEarlier(log: EventLog, page: PastEvents): EventLog {
  const last = log.items.at(-1);
  return bounded([...log.items, ...page.items.filter((item) => !last || isEarlier(item, last))], page.next);
}

/** In the order of the server: by moment, then by id. */
function isEarlier(one: PastEvent, other: PastEvent): boolean {
  return one.ts === other.ts ? one.id < other.id : one.ts < other.ts;
}

function bounded(items: readonly PastEvent[], next: string | null): EventLog {
  return items.length < EVENTS_MAX ? { items, next } : { items: items.slice(0, EVENTS_MAX), next: null };
}
