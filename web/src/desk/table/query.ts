/** What a table shows, as the address says it: the text searched for and a value for each filter. Pure. */

/** Only what is set: the address of a table without filters says nothing of them. */
export type TableQuery = Readonly<Record<string, string>>;

type Given = Readonly<Record<string, unknown>>;

/** Of the query of an address, what these filters say; of one given twice the first. */
export function readQuery(query: Given, filters: readonly string[]): TableQuery {
  const read: Record<string, string> = {};
  for (const name of filters) {
    const value = Array.isArray(query[name]) ? (query[name][0] as unknown) : query[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  return read;
}

/** The query of an address with these filters changed: what is empty leaves it, what else it says stays. */
export function withFilters<Query extends Given>(
  query: Query,
  change: Readonly<Record<string, string | null>>,
): Record<string, unknown> {
  const changed: Record<string, unknown> = { ...query };
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === "") Reflect.deleteProperty(changed, name);
    else changed[name] = value;
  }
  return changed;
}

export const isSame = (one: TableQuery, other: TableQuery): boolean =>
  Object.keys({ ...one, ...other }).every((name) => one[name] === other[name]);
