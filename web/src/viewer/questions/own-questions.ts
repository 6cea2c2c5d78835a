/** One's own questions, latest first, from what the server says and what was seen here since. Pure. */
import type { OwnQuestion } from "@shared/api-types";
import type { Question } from "@shared/wire";

export function asked(items: readonly OwnQuestion[], id: string, text: string, nowTs: number): readonly OwnQuestion[] {
  if (items.some((one) => one.id === id)) return items;
  return [{ id, text, state: "waiting", answer: "", asked_ts: nowTs, answered_ts: null }, ...items];
}

export function answered(items: readonly OwnQuestion[], { id, answer, answered_ts }: Question): readonly OwnQuestion[] {
  return items.map((one) => (one.id === id ? { ...one, state: "answered", answer, answered_ts } : one));
}

/** `listed`: the server's. What it does not list yet was sent, or answered, while it was asked. */
export function merged(items: readonly OwnQuestion[], listed: readonly OwnQuestion[]): readonly OwnQuestion[] {
  const known = new Map(items.map((one) => [one.id, one]));
  const told = listed.map((one) =>
    one.state === "waiting" && known.get(one.id)?.state === "answered" ? (known.get(one.id) ?? one) : one,
  );
  const newest = listed[0]?.asked_ts ?? 0;
  const sent = items.filter((one) => one.asked_ts > newest && !listed.some(({ id }) => id === one.id));
  return [...sent, ...told];
}
