/** Text as people count it, and as the server does. Pure. */

/** A text as the server keeps it: in NFC, with single spaces (livehub/base/text.py). */
export function oneLine(text: string): string {
  return text.normalize("NFC").replace(/\s+/gu, " ").trim();
}

/** How long the server finds a text: code points of that. */
export function charsOf(text: string): number {
  return [...oneLine(text)].length;
}

/**
 * What stays of a text where something was written at `caret`, before which it stands: at most `max` for the server. What was
 * written goes from its end, whole emoji and letters at a time, and what stood there stays.
 */
export function fitting(text: string, caret: number, max: number): { text: string; caret: number } {
  const rest = text.slice(caret);
  const fits = (end: number): boolean => charsOf(text.slice(0, end) + rest) <= max;
  if (fits(caret)) return { text, caret };
  if (!fits(0)) return { text: shortened(rest, max), caret: 0 };
  // The last end that fits: 0 does, `caret` does not. Then back to where a letter begins.
  let [low, high] = [0, caret];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  const end = new Intl.Segmenter().segment(text.slice(0, caret)).containing(low)?.index ?? 0;
  return { text: text.slice(0, end) + rest, caret: end };
}

/** The beginning of a text, of at most `max` code points (what the server counts), with no emoji or letter cut in two. */
export function shortened(text: string, max: number): string {
  let kept = "";
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    count += [...segment].length;
    if (count > max) break;
    kept += segment;
  }
  return kept;
}
