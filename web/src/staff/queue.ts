/**
 * A list that staff work off together: held lines, open questions. Pure.
 *
 * Rows come from two sides: events (at once, may be lost) and HTTP (the truth, but as of when it was asked). Each change
 * takes a number; an HTTP answer knows the number at which it was asked, so that it neither drops a row that came
 * meanwhile nor brings back one that was settled meanwhile.
 */
export interface Row {
  id: string;
}

export interface Queue<R extends Row> {
  readonly rows: readonly R[];
  /** Number of the last change. */
  readonly version: number;
  /** When each row that came by event was told of. */
  readonly told: ReadonlyMap<string, number>;
  /** When each row that is gone was settled. */
  readonly settled: ReadonlyMap<string, number>;
}

/** The server's own bound for a list, so that nothing it tells is cut off here. */
export const ROWS_MAX = 500;
const SETTLED_MAX = 1_000;

export function emptyQueue<R extends Row>(): Queue<R> {
  return { rows: [], version: 0, told: new Map(), settled: new Map() };
}

/** A row came, or changed, by event. A settled row stays away: only HTTP can bring it back. */
export function withTold<R extends Row>(queue: Queue<R>, row: R): Queue<R> {
  if (queue.settled.has(row.id)) return queue;
  const version = queue.version + 1;
  const known = queue.rows.some((other) => other.id === row.id);
  const rows = known
    ? queue.rows.map((other) => (other.id === row.id ? row : other))
    : [...queue.rows, row].slice(-ROWS_MAX);
  return { ...queue, rows, version, told: bounded(queue.told, row.id, version, ROWS_MAX) };
}

/** A row was dealt with, by us or by a colleague. */
export function withSettled<R extends Row>(queue: Queue<R>, id: string): Queue<R> {
  const version = queue.version + 1;
  return {
    ...queue,
    rows: queue.rows.filter((row) => row.id !== id),
    version,
    settled: bounded(queue.settled, id, version, SETTLED_MAX),
  };
}

/** What HTTP says, asked when the queue was at `askedAt`. */
export function withTruth<R extends Row>(queue: Queue<R>, truth: readonly R[], askedAt: number): Queue<R> {
  const listed = new Set(truth.map((row) => row.id));
  const kept = truth.filter((row) => (queue.settled.get(row.id) ?? 0) <= askedAt);
  const meanwhile = queue.rows.filter((row) => !listed.has(row.id) && (queue.told.get(row.id) ?? 0) > askedAt);
  const rows = [...kept, ...meanwhile].slice(-ROWS_MAX);
  // What was settled before the truth was asked for and is listed again came back: it may be told of again.
  const settled = new Map([...queue.settled].filter(([id, at]) => at > askedAt || !listed.has(id)));
  return { rows, version: queue.version + 1, told: new Map([...queue.told].filter(([, at]) => at > askedAt)), settled };
}

function bounded(
  map: ReadonlyMap<string, number>,
  id: string,
  version: number,
  max: number,
): ReadonlyMap<string, number> {
  const next = new Map(map);
  next.delete(id);
  next.set(id, version);
  const oldest = next.keys().next().value;
  if (next.size > max && oldest !== undefined) next.delete(oldest);
  return next;
}
