/** What is looked for in the lists of delivery, as the server looks for it in their files (commerce/delivery/lists.py). Pure. */

/** Whether every word of `q` is in one of the texts. */
export function hasWords(q: string, texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** A text in all of its languages. */
export const allOf = (text: string, words: Readonly<Record<string, string>> | null): string[] => [
  text,
  ...Object.values(words ?? {}),
];
