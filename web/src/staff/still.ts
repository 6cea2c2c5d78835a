/**
 * A list that stands still while somebody points at it, so that no row comes under the pointer just as it is pressed. What
 * goes meanwhile keeps its place and is marked, what comes is counted, and the list goes on when the pointer has left. Pure.
 */
interface Row {
  id: string;
}

export interface Stood<R extends Row> {
  rows: readonly R[];
  /** Of `rows`, those that are there no longer. */
  gone: ReadonlySet<string>;
  /** How many have come that are not shown. */
  fresh: number;
}

/** `kept`: the rows when it began to stand still; null while it runs. `isOld`: gone only because a list has an end. */
export function stood<R extends Row>(
  kept: readonly R[] | null,
  now: readonly R[],
  isOld: (row: R) => boolean = () => false,
): Stood<R> {
  if (kept === null) return { rows: now, gone: new Set(), fresh: 0 };
  const current = new Map(now.map((row) => [row.id, row]));
  const known = new Set(kept.map(({ id }) => id));
  return {
    rows: kept.map((row) => current.get(row.id) ?? row),
    gone: new Set(kept.filter((row) => !current.has(row.id) && !isOld(row)).map(({ id }) => id)),
    fresh: now.filter(({ id }) => !known.has(id)).length,
  };
}
