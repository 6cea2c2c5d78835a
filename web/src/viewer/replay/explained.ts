/** Where in what was recorded each product was explained last. Pure. */
import type { RecordingList } from "@shared/api-types";

export interface Explanation {
  recording: string;
  /** Of its chapter; see marks.ts. */
  mark: string;
}

/** By product. Recordings are listed newest first, their chapters in order. */
export function explanationsIn({ recordings }: RecordingList): ReadonlyMap<string, Explanation> {
  const found = new Map<string, Explanation>();
  for (const { id, chapters } of recordings)
    for (const { card, at_ts } of chapters.toReversed())
      if (!found.has(card.id)) found.set(card.id, { recording: id, mark: markKey(card.id, at_ts) });
  return found;
}

export function markKey(product: string, atTs: number): string {
  return `${product}@${atTs}`;
}
