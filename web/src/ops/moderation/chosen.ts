/** Which row of a list stays chosen when the list changes. Pure. */
export function chosenAfter(
  chosen: string | null,
  before: readonly { id: string }[] | undefined,
  after: readonly { id: string }[],
): string | null {
  if (chosen !== null && after.some(({ id }) => id === chosen)) return chosen;
  const was = chosen === null ? -1 : (before ?? []).findIndex(({ id }) => id === chosen);
  if (was < 0) return after[0]?.id ?? null;
  // The first of those that stood behind it and are still there; else the last of all.
  const behind = (before ?? []).slice(was + 1).find(({ id }) => after.some((row) => row.id === id));
  return behind?.id ?? after.at(-1)?.id ?? null;
}
