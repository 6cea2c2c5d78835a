/** How a case is decided: money for some of its units, another one, a gift, or nothing, which wants words. Pure. */
import type { Case, DecisionRequest, RefundsOfOrder } from "@shared/api-types";
import { charsOf, oneLine } from "@shared/text";
import { checked, type Checked, type Faults } from "@kit/forms/checked";
import { comesTo, linesOf, restockOf, unitKey, type Restock } from "../orders/refund-form";

export const DECISIONS = ["refund", "replace", "gift", "reject"] as const;
export type Decision = (typeof DECISIONS)[number];
export const NOTE_MAX = 500;

export interface DecisionForm {
  decision: Decision;
  units: string[];
  restock: Restock;
  atFault: boolean;
  note: string;
}

/** The units that the buyer names and that have not gone back: those that can be chosen. */
export function ofCase(one: Case, of: RefundsOfOrder): RefundsOfOrder["units"] {
  return of.units.filter((left) =>
    one.lines.some(({ line, units }) => line === left.line && units.includes(left.unit)),
  );
}

/** As the buyer wants it, with all that they name. */
export function beginDecision(one: Case, of: RefundsOfOrder): DecisionForm {
  return {
    decision: one.kind === "replacement" ? "replace" : "refund",
    units: ofCase(one, of).map(unitKey),
    restock: "auto",
    atFault: one.reason === "undelivered",
    note: "",
  };
}

export function checkDecision(
  form: DecisionForm,
  of: RefundsOfOrder | null,
): Checked<DecisionRequest, "units" | "note"> {
  const faults: Faults<"units" | "note"> = {};
  const isRefund = form.decision === "refund";
  if (isRefund && (of === null || comesTo(form, of).totalMinor <= 0)) faults.units = "required";
  const note = oneLine(form.note);
  if (form.decision === "reject" && charsOf(note) === 0) faults.note = "required";
  else if (charsOf(note) > NOTE_MAX) faults.note = "too_long";
  return checked(faults, () => ({
    decision: form.decision,
    note,
    lines: isRefund ? linesOf(form.units) : [],
    restock: isRefund ? restockOf(form.restock) : null,
    at_fault: isRefund ? form.atFault : null,
  }));
}
