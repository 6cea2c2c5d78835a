/** The form of a written answer to a question, and of the coupon that thanks for it. Pure. */
import type { QuestionAnswer } from "@shared/api-types";
import { oneLine } from "@shared/text";
import { ownZone } from "@shared/zone";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";
import { checkTerms, emptyTerms, type TermsForm } from "./coupon";

export interface AnswerForm extends TermsForm {
  answer: string;
  /** Whether whoever asked gets a coupon. */
  thanks: boolean;
}

export type AnswerField = keyof AnswerForm;

export const ANSWER_MAX = 500;

export function emptyAnswerForm(): AnswerForm {
  return { answer: "", thanks: false, ...emptyTerms() };
}

/** Who gets a coupon may have been answered aloud. `nowMs`: the server's clock; `zone`: the shop's. */
export function checkAnswer(
  form: AnswerForm,
  couponTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<QuestionAnswer, AnswerField> {
  const faults: Faults<AnswerField> = {};
  const fault = lineFault(form.answer, ANSWER_MAX, !form.thanks);
  if (fault) faults.answer = fault;
  const coupon = form.thanks ? checkTerms(form, couponTitle, nowMs, zone) : { body: null, faults: null };
  Object.assign(faults, coupon.faults);
  return checked(faults, () => ({ answer: oneLine(form.answer), coupon: coupon.body }));
}
