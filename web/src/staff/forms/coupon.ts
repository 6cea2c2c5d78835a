/** The coupon form. Pure. */
import type { CouponRequest, Prize } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { decimalText } from "@shared/numbers";
import { oneLine } from "@shared/text";
import { localOf, ownZone } from "@shared/zone";
import { checked, CURRENCY, lineFault, TITLE_MAX, type Checked, type Fault, type Faults } from "@kit/forms/checked";

export type CouponKind = NonNullable<CouponRequest["kind"]>;
export type CouponAudience = NonNullable<CouponRequest["audience"]>;

export interface CouponForm {
  kind: CouponKind;
  /** Empty: the suggested one. */
  title: string;
  /** Of a coupon on the fee empty: all of it. */
  amount: string;
  /** What a percentage takes off, of 100. */
  percent: string;
  /** Empty: no bound. */
  cap: string;
  minSpend: string;
  /** None: all. */
  products: string[];
  audience: CouponAudience;
  /** Ids. */
  people: string[];
  /** A day of the shop's, as <input type="date"> gives it; empty: for good. */
  usableUntil: string;
  total: number;
  /** 0: until it is ended by hand. */
  endsInS: number;
}

export type CouponField = keyof CouponForm;

export const COUPON_KINDS = ["fixed", "percent", "delivery"] as const;
export const COUPON_AUDIENCES = ["everyone", "new_buyer", "people"] as const;
export const COUPON_ENDS_S = [0, 60, 180, 300, 600, 1800] as const;
export const COUPON_TOTALS = [20, 50, 100, 200, 500] as const;
const TOTAL_MAX = 10 ** 6;
const PEOPLE_MAX = 1_000;
const PERSON_MAX = 255;
const WHOLE = 10_000;

export function emptyCouponForm(): CouponForm {
  return {
    ...emptyTerms(),
    products: [],
    audience: "everyone",
    people: [],
    total: 100,
    endsInS: 300,
  };
}

/** Percent as it was typed, in hundredths of a percent; null if it is none. */
export function basisPoints(text: string): number | null {
  const decimal = decimalText(text);
  const match = decimal === null ? null : /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(decimal);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

/** `nowMs`: the server's clock; `zone`: the shop's. */
export function checkCoupon(
  form: CouponForm,
  suggestedTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<CouponRequest, CouponField> {
  const terms = checkTerms(form, suggestedTitle, nowMs, zone);
  const faults: Faults<CouponField> = { ...terms.faults };
  const people = [...new Set(form.people)];
  if (Number.isNaN(form.total)) faults.total = "not_a_number";
  else if (!Number.isInteger(form.total) || form.total < 1 || form.total > TOTAL_MAX) faults.total = "out_of_range";
  if (form.endsInS !== 0 && (!Number.isInteger(form.endsInS) || form.endsInS < 5 || form.endsInS > 86_400))
    faults.endsInS = "out_of_range";
  if (form.audience === "people") {
    if (people.length === 0) faults.people = "required";
    else if (people.length > PEOPLE_MAX || people.some((id) => id.length > PERSON_MAX)) faults.people = "too_long";
  }
  return checked(faults, () => ({
    ...terms.body,
    title: terms.body?.title ?? "",
    products: form.products.length > 0 ? [...form.products] : null,
    audience: form.audience,
    people: form.audience === "people" ? people : null,
    total: form.total,
    ends_in_s: form.endsInS || null,
  }));
}

export type TermsForm = Pick<CouponForm, "kind" | "title" | "amount" | "percent" | "cap" | "minSpend" | "usableUntil">;

export function emptyTerms(): TermsForm {
  return { kind: "fixed", title: "", amount: "", percent: "", cap: "", minSpend: "", usableUntil: "" };
}

/** What it takes off, and when: of a coupon that is dropped, and of one that is given. */
export function checkTerms(
  form: TermsForm,
  suggestedTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<Prize, keyof TermsForm> {
  const faults: Faults<keyof TermsForm> = {};
  const note = (field: keyof TermsForm, fault: Fault | undefined): void => {
    if (fault) faults[field] = fault;
  };
  const isPercent = form.kind === "percent";
  const title = oneLine(form.title) || suggestedTitle;
  const amount = form.amount.trim() === "" ? 0 : parseMoney(form.amount, CURRENCY);
  const points = basisPoints(form.percent);
  const cap = form.cap.trim() === "" ? null : parseMoney(form.cap, CURRENCY);
  const minSpend = form.minSpend.trim() === "" ? 0 : parseMoney(form.minSpend, CURRENCY);
  note("title", lineFault(title, TITLE_MAX, true));
  if (isPercent) {
    note("percent", percentFault(form.percent, points));
    if (form.cap.trim() !== "") note("cap", cap === null ? "not_money" : cap === 0 ? "out_of_range" : undefined);
  } else note("amount", amountFault(form.kind, form.amount, amount));
  if (minSpend === null) note("minSpend", "not_money");
  else if (form.kind === "fixed" && amount !== null && minSpend > 0 && minSpend < amount) note("minSpend", "order");
  if (form.usableUntil !== "" && form.usableUntil < localOf(nowMs, zone).slice(0, 10)) note("usableUntil", "past");
  return checked(faults, () => ({
    title,
    kind: form.kind,
    amount_minor: isPercent ? 0 : (amount ?? 0),
    basis_points: isPercent ? (points ?? 0) : 0,
    cap_minor: isPercent ? cap : null,
    currency: CURRENCY,
    min_spend_minor: minSpend ?? 0,
    usable_until: form.usableUntil || null,
  }));
}

function amountFault(kind: CouponKind, text: string, minor: number | null): Fault | undefined {
  if (minor === null) return "not_money";
  if (text.trim() === "") return kind === "fixed" ? "required" : undefined;
  return minor === 0 ? "out_of_range" : undefined;
}

function percentFault(text: string, points: number | null): Fault | undefined {
  if (text.trim() === "") return "required";
  if (points === null) return "not_a_number";
  return points < 1 || points > WHOLE ? "out_of_range" : undefined;
}
