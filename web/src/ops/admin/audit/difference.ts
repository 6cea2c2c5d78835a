/** What an act changed, as lines to read: each field with what it was and what it became. Pure. */

export interface Difference {
  /** The field, with dots where it lies in another, as `host.name`. */
  path: string;
  /** Null: it was not there. */
  before: string | null;
  /** Null: it is there no more. The same as before: it is another, which the log has not kept. */
  after: string | null;
}

/** More than this nobody reads; the file has all of it. */
export const LINES_MAX = 60;
/** A value of more is cut where it is shown, and compared whole. */
const CHARS_MAX = 300;
/** So many are shown before where two long texts part. */
const CHARS_BEFORE = 40;
const DEPTH_MAX = 6;
/** Moments in Unix milliseconds, from 2001 to 2096: other numbers of the shop are far smaller. */
const MOMENT_MS = [1e12, 4e12] as const;

/** `moment`: how a moment (Unix ms) is written. */
export type TellMoment = (ms: number) => string;

export function differences(before: unknown, after: unknown, moment: TellMoment): Difference[] {
  const was = flat(before, moment);
  const became = flat(after, moment);
  const paths = [...new Set([...was.keys(), ...became.keys()])];
  return paths
    .map((path) => ({ path, before: was.get(path) ?? null, after: became.get(path) ?? null }))
    .filter((line) => line.before !== line.after || isCount(line))
    .slice(0, LINES_MAX)
    .map(shortened);
}

/** Everything that a value holds, as lines of a field and its text. */
export function linesOf(value: unknown, moment: TellMoment): { path: string; text: string }[] {
  return [...flat(value, moment)].slice(0, LINES_MAX).map(([path, text]) => ({ path, text: short(text) }));
}

/** Of a list too long to be kept the log has how many it held: those that are as many were not the same, or it would not be there. */
const COUNT = "items";
const isCount = ({ path, before }: Difference): boolean => path.endsWith(`.${COUNT}`) && /^\d+$/.test(before ?? "");

function flat(value: unknown, moment: TellMoment): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (now: unknown, path: string, depth: number): void => {
    if (now === null || now === undefined) return;
    if (typeof now !== "object") {
      if (path) found.set(path, textOf(now, moment));
      return;
    }
    const parts = Object.entries(now);
    if (Array.isArray(now) && now.every((part) => typeof part !== "object" || part === null)) {
      if (path && now.length > 0) found.set(path, now.map((part) => textOf(part, moment)).join(", "));
    } else if (depth >= DEPTH_MAX) found.set(path, JSON.stringify(now));
    else for (const [name, part] of parts) walk(part, path ? `${path}.${name}` : name, depth + 1);
  };
  walk(value, "", 0);
  return found;
}

function textOf(value: unknown, moment: TellMoment): string {
  const [from, to] = MOMENT_MS;
  return typeof value === "number" && Number.isInteger(value) && value >= from && value < to
    ? moment(value)
    : String(value);
}

function short(text: string): string {
  const chars = [...text];
  return chars.length > CHARS_MAX ? `${chars.slice(0, CHARS_MAX).join("")}…` : text;
}

/** Of two long texts from shortly before where they part. */
function shortened({ path, before, after }: Difference): Difference {
  if (before === null || after === null) {
    return { path, before: before && short(before), after: after && short(after) };
  }
  const [was, became] = [[...before], [...after]];
  let same = 0;
  if (was.length > CHARS_MAX || became.length > CHARS_MAX)
    while (was[same] === became[same] && same < was.length) same++;
  const from = same > CHARS_MAX - CHARS_BEFORE ? Math.max(0, same - CHARS_BEFORE) : 0;
  const tail = (chars: string[]): string => (from > 0 ? "…" : "") + short(chars.slice(from).join(""));
  return { path, before: tail(was), after: tail(became) };
}
