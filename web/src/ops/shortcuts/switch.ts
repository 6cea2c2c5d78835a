/** Whether the keys of the console are on: a choice of each person's, kept in this browser (WCAG 2.1.4). */
import { readonly, ref } from "vue";
import { lasting } from "@shared/store";

const OFF = "off";
const on = ref(true);
let whose: string | null = null;

const keyOf = (person: string): string => `livehub.ops.keys.${person}`;

export const keysOn = readonly(on);

/** Somebody else works here now. */
export function readKeysSwitch(person: string | null): void {
  whose = person;
  on.value = person === null || lasting.get(keyOf(person)) !== OFF;
}

export function switchKeys(next: boolean): void {
  on.value = next;
  if (whose === null) return;
  if (next) lasting.remove(keyOf(whose));
  else lasting.set(keyOf(whose), OFF);
}
