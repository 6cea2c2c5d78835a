/** The word lists, as a text with one word a line. Pure. */
import type { WordLists } from "@shared/api-types";
import { checked, type Checked, type Fault, type Faults } from "./checked";

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

/** The words of a text: trimmed, each once, in the order given. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/\r?\n/).map((word) => word.trim()).filter((word) => word !== ""))];
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

function listFault(words: string[]): Fault | undefined {
  if (words.length > WORDS_MAX) return "out_of_range";
  return words.some((word) => [...word].length > WORD_MAX) ? "too_long" : undefined;
}
