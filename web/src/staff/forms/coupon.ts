/** The coupon form. Pure. */
import type { CouponRequest } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { oneLine } from "@shared/text";
import { checked, CURRENCY, lineFault, TITLE_MAX, type Checked, type Faults } from "@kit/forms/checked";

export interface CouponForm {
  /** Empty: the suggested one. */
  title: string;
  amount: string;
  minSpend: string;
  total: number;
  /** 0: until it is ended by hand. */
  endsInS: number;
}

export type CouponField = "title" | "amount" | "minSpend" | "total" | "endsInS";

export const COUPON_ENDS_S = [0, 60, 180, 300, 600, 1800] as const;
export const COUPON_TOTALS = [20, 50, 100, 200, 500] as const;
const TOTAL_MAX = 10 ** 6;

export function emptyCouponForm(): CouponForm {
  return { title: "", amount: "", minSpend: "", total: 100, endsInS: 300 };
}

export function checkCoupon(form: CouponForm, suggestedTitle: string): Checked<CouponRequest, CouponField> {
  const faults: Faults<CouponField> = {};
  const title = oneLine(form.title) || suggestedTitle;
  const amount = parseMoney(form.amount, CURRENCY);
  const minSpend = form.minSpend.trim() === "" ? 0 : parseMoney(form.minSpend, CURRENCY);
  const titleFault = lineFault(title, TITLE_MAX, true);
  if (titleFault) faults.title = titleFault;
  if (form.amount.trim() === "") faults.amount = "required";
  else if (amount === null) faults.amount = "not_money";
  else if (amount === 0) faults.amount = "out_of_range";
  if (minSpend === null) faults.minSpend = "not_money";
  else if (amount !== null && minSpend > 0 && minSpend < amount) faults.minSpend = "order";
  if (Number.isNaN(form.total)) faults.total = "not_a_number";
  else if (!Number.isInteger(form.total) || form.total < 1 || form.total > TOTAL_MAX) faults.total = "out_of_range";
  if (form.endsInS !== 0 && (!Number.isInteger(form.endsInS) || form.endsInS < 5 || form.endsInS > 86_400))
    faults.endsInS = "out_of_range";
  return checked(faults, () => ({
    title,
    amount_minor: amount ?? 0,
    currency: CURRENCY,
    min_spend_minor: minSpend ?? 0,
    total: form.total,
    ends_in_s: form.endsInS || null,
  }));
}
