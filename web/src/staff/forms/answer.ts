/** The form of a written answer to a question. Pure. */
import { oneLine } from "@shared/text";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";

export interface AnswerForm {
  answer: string;
}

export type AnswerField = keyof AnswerForm;

export const ANSWER_MAX = 500;

export function checkAnswer(form: AnswerForm): Checked<string, AnswerField> {
  const faults: Faults<AnswerField> = {};
  const fault = lineFault(form.answer, ANSWER_MAX, true);
  if (fault) faults.answer = fault;
  return checked(faults, () => oneLine(form.answer));
}
