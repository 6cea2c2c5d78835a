/**
 * Words that come in several languages: beside `title` there may be `titles` ({zh, en}), beside `notice` `notices`, and so on.
 * Here the plain field gets the words of the reader's language, so that nobody who shows something has to think of it. Where
 * there are none, or not in that language, the plain words stay.
 */
import { computed, type ComputedRef, type Ref } from "vue";
import { language } from "./i18n";

export type Language = "zh" | "en";

/** The field with the words by language, and the plain one. */
const FIELDS: Readonly<Record<string, string>> = {
  titles: "title",
  subtitles: "subtitle",
  unit_names: "unit",
  names: "name",
  notices: "notice",
  variant_names: "variant",
};

/** What came from a server is never changed in place, so what was made of it once is made: whoever compares finds it the same. */
const made: Record<Language, WeakMap<object, object>> = { zh: new WeakMap(), en: new WeakMap() };

/** The value, or where something in it has words in that language, a copy with those in the plain fields. */
export function inLanguage<Value>(value: Value, reader: Language): Value {
  if (typeof value !== "object" || value === null) return value;
  const known = made[reader].get(value);
  if (known) return known as Value;
  const translated: object = Array.isArray(value) ? listIn(value, reader) : recordIn(value, reader);
  made[reader].set(value, translated);
  return translated as Value;
}

function listIn(list: readonly unknown[], reader: Language): readonly unknown[] {
  const translated = list.map((each) => inLanguage(each, reader));
  return translated.every((each, at) => each === list[at]) ? list : translated;
}

function recordIn(record: object, reader: Language): object {
  const translated: Record<string, unknown> = {};
  let differs = false;
  for (const [name, member] of Object.entries(record)) {
    const worded = inLanguage(member as unknown, reader);
    differs ||= worded !== member;
    translated[name] = worded;
  }
  for (const [name, plain] of Object.entries(FIELDS)) {
    const words = (translated[name] as Partial<Record<Language, string>> | undefined)?.[reader];
    if (!words || words === translated[plain]) continue;
    differs = true;
    translated[plain] = words;
  }
  return differs ? translated : record;
}

/** What a reference holds, in the language of the page. */
export function useInLanguage<Value>(source: Readonly<Ref<Value>>): ComputedRef<Value> {
  return computed(() => inLanguage(source.value, language.value));
}

/** What a form has of one line: in the language of who fills it in, and in the other one; empty: none. */
export interface TwoWords {
  own: string;
  other: string;
}

export function otherThan(own: Language): Language {
  return own === "zh" ? "en" : "zh";
}

/** As a form shows what is stored. */
export function twoWords(plain: string, words: Partial<Record<string, string>> | undefined, own: Language): TwoWords {
  const mine = words?.[own];
  return { own: mine ?? plain, other: words?.[otherThan(own)] ?? (mine === undefined ? "" : plain) };
}

/** As it is stored: the plain words, which are the Chinese ones if there are both, and those by language if there are both. */
export function asStored(
  { own, other }: TwoWords,
  mine: Language,
): { plain: string; words: Record<string, string> | null } {
  if (other === "") return { plain: own, words: null };
  if (own === "") return { plain: other, words: { [otherThan(mine)]: other } };
  return { plain: mine === "zh" ? own : other, words: { [mine]: own, [otherThan(mine)]: other } };
}
