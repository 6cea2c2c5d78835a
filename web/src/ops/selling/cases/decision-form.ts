/** How a case is decided: money for some of its units, another one, a coupon, or nothing, which wants words. Pure. */
import type { Case, DecisionRequest, Prize, RefundsOfOrder } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { charsOf, oneLine } from "@shared/text";
import { localOf, ownZone } from "@shared/zone";
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
  /** Of a gift: what the coupon takes off, from which spend on (empty: any), and until which day of the shop's (empty: for good). */
  giftAmount: string;
  giftMinSpend: string;
  giftUntil: string;
  note: string;
}

export type DecisionField = "units" | "note" | "giftAmount" | "giftMinSpend" | "giftUntil";

/** What a gift is made with: the currency of the order, what a coupon of these sums is called, now, and the shop's zone. */
export interface GiftTerms {
  currency: string;
  titleOf: (amountMinor: number, minSpendMinor: number) => string;
  nowMs: number;
  zone?: string;
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
    giftAmount: "",
    giftMinSpend: "",
    giftUntil: "",
    note: "",
  };
}

export function checkDecision(
  form: DecisionForm,
  of: RefundsOfOrder | null,
  terms: GiftTerms,
): Checked<DecisionRequest, DecisionField> {
  const gift = form.decision === "gift" ? checkGift(form, terms) : null;
  const faults: Faults<DecisionField> = { ...gift?.faults };
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
    ...(gift ? { coupon: gift.body } : {}),
  }));
}

function checkGift(form: DecisionForm, terms: GiftTerms): Checked<Prize, DecisionField> {
  const { currency, titleOf, nowMs, zone = ownZone() } = terms;
  const faults: Faults<DecisionField> = {};
  const amount = parseMoney(form.giftAmount, currency);
  const minSpend = form.giftMinSpend.trim() === "" ? 0 : parseMoney(form.giftMinSpend, currency);
  if (form.giftAmount.trim() === "") faults.giftAmount = "required";
  else if (amount === null) faults.giftAmount = "not_money";
  else if (amount === 0) faults.giftAmount = "out_of_range";
  if (minSpend === null) faults.giftMinSpend = "not_money";
  else if (minSpend > 0 && minSpend < (amount ?? 0)) faults.giftMinSpend = "order";
  if (form.giftUntil !== "" && form.giftUntil < localOf(nowMs, zone).slice(0, 10)) faults.giftUntil = "past";
  return checked(faults, () => ({
    title: titleOf(amount ?? 0, minSpend ?? 0),
    kind: "fixed",
    amount_minor: amount ?? 0,
    currency,
    min_spend_minor: minSpend ?? 0,
    usable_until: form.giftUntil || null,
  }));
}
