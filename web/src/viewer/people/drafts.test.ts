import { effectScope, nextTick, shallowRef } from "vue";
import { expect, test } from "vitest";
import type { Person } from "@shared/api-types";
import { createDraft } from "./drafts";

const person = (id: string, role: Person["role"] = "viewer"): Person => ({ id, name: id, role }) as Person;

function begun(first: Person | null): {
  who: ReturnType<typeof shallowRef<Person | null>>;
  draft: ReturnType<typeof createDraft>;
} {
  const who = shallowRef<Person | null>(first);
  const draft = effectScope(true).run(() => createDraft(() => who.value)) as ReturnType<typeof createDraft>;
  return { who, draft };
}

test("another person finds nothing of what somebody began to write, and who comes back finds it", async () => {
  const { who, draft } = begun(person("lin"));
  draft.value = "Is it sweet";
  who.value = person("ada");
  expect(draft.value).toBe("");
  draft.value = "mine";
  who.value = null;
  expect(draft.value).toBe("");
  who.value = person("guest-1", "guest");
  expect(draft.value).toBe("");
  who.value = person("lin");
  await nextTick();
  expect(draft.value).toBe("Is it sweet");
});

test("what a guest wrote goes along as they sign in, and stays nowhere else", () => {
  const { who, draft } = begun(person("guest-1", "guest"));
  draft.value = "How many?";
  who.value = person("lin");
  expect(draft.value).toBe("How many?");
  who.value = person("guest-1", "guest");
  expect(draft.value).toBe("");
});

test("what a guest wrote takes nothing of the person's own away", () => {
  const { who, draft } = begun(person("lin"));
  draft.value = "first";
  who.value = person("guest-1", "guest");
  draft.value = "second";
  who.value = person("lin");
  expect(draft.value).toBe("first");
});
