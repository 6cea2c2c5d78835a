/** How a case is decided: money for some of its units, another one, a gift, or nothing, which wants words. Pure. */
import type { Case, DecisionRequest, RefundsOfOrder } from "@shared/api-types";
import { charsOf, oneLine } from "@shared/text";
import { ownZone } from "@shared/zone";
import { checked, type Checked, type Faults } from "@kit/forms/checked";
import { checkTerms, emptyTerms, type TermsForm } from "@staff/forms/coupon";
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
  /** When a replacement comes; empty: in the next window with room. */
  window: string;
  /** What a gift is. */
  coupon: TermsForm;
}

export type DecisionField = "units" | "note" | "window" | keyof TermsForm;

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
    window: "",
    coupon: emptyTerms(),
  };
}

/** `couponTitle`: what a gift is called that nobody gave a name; `nowMs`: the server's clock; `zone`: the shop's. */
export function checkDecision(
  form: DecisionForm,
  of: RefundsOfOrder | null,
  couponTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<DecisionRequest, DecisionField> {
  const faults: Faults<DecisionField> = {};
  const isRefund = form.decision === "refund";
  if (isRefund && (of === null || comesTo(form, of).totalMinor <= 0)) faults.units = "required";
  const note = oneLine(form.note);
  if (form.decision === "reject" && charsOf(note) === 0) faults.note = "required";
  else if (charsOf(note) > NOTE_MAX) faults.note = "too_long";
  const coupon =
    form.decision === "gift" ? checkTerms(form.coupon, couponTitle, nowMs, zone) : { body: null, faults: null };
  Object.assign(faults, coupon.faults);
  // What it is worth has to have a bound.
  if (form.decision === "gift" && form.coupon.kind === "percent" && form.coupon.cap.trim() === "")
    faults.cap = "required";
  return checked(faults, () => ({
    decision: form.decision,
    note,
    lines: isRefund ? linesOf(form.units) : [],
    restock: isRefund ? restockOf(form.restock) : null,
    at_fault: isRefund ? form.atFault : null,
    coupon: coupon.body,
    slot: (form.decision === "replace" && form.window) || null,
  }));
}
