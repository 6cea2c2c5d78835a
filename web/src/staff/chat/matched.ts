/** A text in pieces, with those marked for which it is held. Pure. */
import type { MatchedWord } from "@shared/api-types";

export interface Piece {
  text: string;
  /** The words of the list that it is, or is part of; empty for what lies between. */
  words: readonly string[];
}

/** Places may overlap, and one beyond the text is cut off. */
export function piecesOf(text: string, matched: readonly MatchedWord[]): Piece[] {
  const places = matched.flatMap(({ word, places: found }) =>
    found.map(({ start, end }) => ({ word, start: Math.max(start, 0), end: Math.min(end, text.length) })),
  );
  const cuts = [
    ...new Set([
      0,
      text.length,
      ...places.filter(({ start, end }) => start < end).flatMap(({ start, end }) => [start, end]),
    ]),
  ].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (const [index, start] of cuts.slice(0, -1).entries()) {
    const end = cuts[index + 1] ?? text.length;
    const words = [
      ...new Set(places.filter((place) => place.start <= start && end <= place.end).map(({ word }) => word)),
    ];
    const before = pieces.at(-1);
    if (before && before.words.length > 0 === words.length > 0)
      pieces[pieces.length - 1] = {
        text: before.text + text.slice(start, end),
        words: [...new Set([...before.words, ...words])],
      };
    else pieces.push({ text: text.slice(start, end), words });
  }
  return pieces;
}

/** For each id, those of the same text and for the same reason, itself included; `rows` in their order. */
export function alike(
  rows: readonly { id: string; reason: string; line: { text: string } }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { id, reason, line } of rows) {
    const key = `${reason}:${line.text.normalize("NFKC").replace(/\s+/g, "").toLowerCase()}`;
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return new Map([...groups.values()].flatMap((ids) => ids.map((id) => [id, ids] as const)));
}
