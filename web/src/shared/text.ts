/** Text as people count it. Pure. */

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
