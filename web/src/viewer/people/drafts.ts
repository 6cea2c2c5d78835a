/**
 * What somebody has begun to write. It is theirs: whoever signs in after them on the same page finds their own, or nothing. What a
 * guest wrote goes along with them when they sign in to send it. Nothing of it is kept beyond the page.
 */
import { computed, shallowRef, watch, type WritableComputedRef } from "vue";
import type { Person } from "@shared/api-types";

/** People on one page whose drafts are kept; the oldest go. */
const KEPT_MAX = 8;
const NOBODY = "";

/** `person`: who is here; null for nobody. */
export function createDraft(person: () => Person | null): WritableComputedRef<string> {
  const drafts = shallowRef<ReadonlyMap<string, string>>(new Map());
  const who = (): string => person()?.id ?? NOBODY;

  function keep(owner: string, text: string): void {
    const next = new Map(drafts.value);
    next.delete(owner);
    if (text !== "") next.set(owner, text);
    for (const oldest of next.keys()) if (next.size > KEPT_MAX) next.delete(oldest);
    drafts.value = next;
  }

  // At once: no picture of the page shows what was another's.
  watch(
    person,
    (now, before) => {
      if (now?.id === before?.id || (before && before.role !== "guest")) return;
      const text = drafts.value.get(before?.id ?? NOBODY) ?? "";
      keep(before?.id ?? NOBODY, "");
      if (text !== "" && !drafts.value.get(who())) keep(who(), text);
    },
    { flush: "sync" },
  );
  return computed({ get: () => drafts.value.get(who()) ?? "", set: (text) => keep(who(), text) });
}
