/** Which steps come first for whom: what a role does most of the day. Pure. */
import type { Role } from "@shared/pages/roles";
import type { StepKind } from "../queue/records";

export const KINDS: readonly StepKind[] = [
  "harvested",
  "washed",
  "cut",
  "cooked",
  "cooled",
  "packed",
  "stored",
  "shipped",
  "received",
  "handed_over",
  "inspected",
  "planted",
  "treated",
  "slaughtered",
  "delivered",
  "recalled",
  "destroyed",
];

const FIRST: Partial<Record<Role, readonly StepKind[]>> = {
  farm: ["harvested", "washed", "cooled", "packed", "inspected", "shipped"],
  picker: ["received", "cut", "cooked", "cooled", "packed", "shipped"],
  courier: ["shipped", "handed_over", "delivered", "received"],
};
const FIRST_OF_OTHERS: readonly StepKind[] = [
  "harvested",
  "washed",
  "cooked",
  "cooled",
  "packed",
  "shipped",
  "handed_over",
];

export function kindsFor(role: Role | undefined): { first: readonly StepKind[]; more: readonly StepKind[] } {
  const first = (role && FIRST[role]) ?? FIRST_OF_OTHERS;
  return { first, more: KINDS.filter((kind) => !first.includes(kind)) };
}

/** At somebody's door: neither place nor photo of it is told to anybody (trace/batches/saying.py). */
export const AT_A_DOOR: readonly StepKind[] = ["handed_over", "delivered"];
