/** Accounts as people read them. Pure. */
import type { AccountBalance } from "@shared/api-types";

/** What is on it by its own side: income and what is owed are credits, which the ledger has below zero. */
export function onAccount({ kind, amount_minor }: Pick<AccountBalance, "kind" | "amount_minor">): number {
  const own = kind === "income" || kind === "liability" ? -amount_minor : amount_minor;
  return own === 0 ? 0 : own;
}
