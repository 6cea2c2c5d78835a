/** The form of a written answer to a question, and of the coupon that thanks for it. Pure. */
import type { QuestionAnswer } from "@shared/api-types";
import { oneLine } from "@shared/text";
import { ownZone } from "@shared/zone";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";
import { checkTerms, emptyCouponForm } from "./coupon";

export interface AnswerForm {
  answer: string;
  /** Whether whoever asked gets a coupon. */
  thanks: boolean;
  amount: string;
  minSpend: string;
}

export type AnswerField = keyof AnswerForm;

export const ANSWER_MAX = 500;

export function emptyAnswerForm(): AnswerForm {
  return { answer: "", thanks: false, amount: "", minSpend: "" };
}

/** `nowMs`: the server's clock; `zone`: the shop's. */
export function checkAnswer(
  form: AnswerForm,
  couponTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<QuestionAnswer, AnswerField> {
  const faults: Faults<AnswerField> = {};
  const fault = lineFault(form.answer, ANSWER_MAX, true);
  if (fault) faults.answer = fault;
  const { amount, minSpend } = form;
  const coupon = form.thanks
    ? checkTerms({ ...emptyCouponForm(), amount, minSpend }, couponTitle, nowMs, zone)
    : { body: null, faults: null };
  if (coupon.faults?.amount) faults.amount = coupon.faults.amount;
  if (coupon.faults?.minSpend) faults.minSpend = coupon.faults.minSpend;
  return checked(faults, () => ({ answer: oneLine(form.answer), coupon: coupon.body }));
}
