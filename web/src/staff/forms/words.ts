/** The word lists, as a text with one word a line. Pure. */
import type { WordLists } from "@shared/api-types";
import { oneLine } from "@shared/text";
import { checked, type Checked, type Fault, type Faults } from "@kit/forms/checked";

export interface WordsForm {
  block: string;
  hold: string;
}

export type WordsField = keyof WordsForm;

const WORD_MAX = 60;
const WORDS_MAX = 5_000;

export function wordsForm(lists: WordLists): WordsForm {
  return { block: lists.block.join("\n"), hold: lists.hold.join("\n") };
}

/** The words of a text: as the server keeps them, each once, in the order given. */
export function wordsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/\r?\n/)
        .map(oneLine)
        .filter((word) => word !== ""),
    ),
  ];
}

export function checkWords(form: WordsForm): Checked<WordLists, WordsField> {
  const lists: WordLists = { block: wordsOf(form.block), hold: wordsOf(form.hold) };
  const faults: Faults<WordsField> = {};
  const block = listFault(lists.block);
  const hold = listFault(lists.hold);
  if (block) faults.block = block;
  if (hold) faults.hold = hold;
  return checked(faults, () => lists);
}

/**
 * The lists as they are now, with what was changed in a form: what somebody else has added or taken out since it was filled in
 * stays added and out. `filled`: the lists that it was filled with; `wanted`: as they are in the form.
 */
export function editedWords(filled: WordLists, wanted: WordLists, now: WordLists): WordLists {
  return { block: edited(filled.block, wanted.block, now.block), hold: edited(filled.hold, wanted.hold, now.hold) };
}

function edited(filled: readonly string[], wanted: readonly string[], now: readonly string[]): string[] {
  const [before, after, others] = [new Set(filled), new Set(wanted), new Set(now)];
  return [
    ...now.filter((word) => after.has(word) || !before.has(word)),
    ...wanted.filter((word) => !before.has(word) && !others.has(word)),
  ];
}

function listFault(words: string[]): Fault | undefined {
  if (words.length > WORDS_MAX) return "out_of_range";
  return words.some((word) => [...word].length > WORD_MAX) ? "too_long" : undefined;
}
