/** The quiz form: what the host types, what is wrong with it, and the request it makes. Pure. */
import type { Prize, QuizRequest } from "@shared/api-types";
import { decimalsOf, typedNumber } from "@shared/numbers";
import { oneLine } from "@shared/text";
import { ownZone } from "@shared/zone";
import { checked, lineFault, orNull, TITLE_MAX, type Checked, type Fault, type Faults } from "@kit/forms/checked";
import { checkTerms, emptyTerms, type TermsForm } from "./coupon";

export interface QuizForm {
  kind: "choice" | "number";
  question: string;
  options: string[];
  correctChoice: number | null;
  correctValue: string;
  unit: string;
  min: string;
  max: string;
  step: string;
  durationS: number;
  winnersMax: number;
  prize: boolean;
  /** Of the coupon that winners get. */
  terms: TermsForm;
}

export type QuizField =
  | "question"
  | "options"
  | "correctChoice"
  | "correctValue"
  | "unit"
  | "min"
  | "max"
  | "step"
  | "durationS"
  | "winnersMax"
  | PrizeField;

/** Fields of the prize have the names of a coupon's, and of these `kind` is another than the quiz's own, which is never wrong. */
export type PrizeField = keyof TermsForm;

export const OPTIONS_MIN = 2;
export const OPTIONS_MAX = 8;
export const DURATIONS_S = [15, 30, 60, 120, 300] as const;
const VALUE_MAX = 1e9;
/** As many as the server takes. */
export const DECIMALS_MAX = 6;

export function emptyQuizForm(kind: QuizForm["kind"] = "choice"): QuizForm {
  return {
    kind,
    question: "",
    options: ["", ""],
    correctChoice: null,
    correctValue: "",
    unit: "",
    min: "",
    max: "",
    step: "",
    durationS: 30,
    winnersMax: 10,
    prize: false,
    terms: emptyTerms(),
  };
}

/** `prizeTitle`: what the coupon is called that nobody gave a name; `nowMs`: the server's clock; `zone`: the shop's. */
export function checkQuiz(
  form: QuizForm,
  prizeTitle: string,
  nowMs: number,
  zone = ownZone(),
): Checked<QuizRequest, QuizField> {
  const faults: Faults<QuizField> = {};
  note(faults, "question", lineFault(form.question, 300, true));
  note(faults, "durationS", wholeFault(form.durationS, 3, 3600));
  note(faults, "winnersMax", wholeFault(form.winnersMax, 1, 1000));
  if (form.kind === "choice") noteChoice(form, faults);
  else noteNumber(form, faults);
  const prize = form.prize ? checkTerms(form.terms, prizeTitle, nowMs, zone) : { body: null, faults: null };
  Object.assign(faults, prize.faults);
  return checked(faults, () => request(form, prize.body));
}

function note(faults: Faults<QuizField>, field: QuizField, fault: Fault | undefined): void {
  if (fault) faults[field] = fault;
}

function wholeFault(value: number, min: number, max: number): Fault | undefined {
  if (Number.isNaN(value)) return "not_a_number";
  return Number.isInteger(value) && value >= min && value <= max ? undefined : "out_of_range";
}

/** Options that were left empty at the end are not options; one left empty in the middle is a mistake. */
export function givenOptions(form: QuizForm): string[] {
  const options = form.options.map(oneLine);
  while (options.length > 0 && options.at(-1) === "") options.pop();
  return options;
}

/** Of several options, those to begin with: what is empty, too long, or said twice; where that is not known, all of them. */
export function isWrongOption(options: readonly string[], index: number, fault: Fault | undefined): boolean {
  const text = oneLine(options[index] ?? "");
  if (fault === undefined) return false;
  if (fault === "twice") return options.findIndex((other) => oneLine(other) === text) < index;
  if (fault === "too_long") return lineFault(text, TITLE_MAX, false) !== undefined;
  return fault === "required" || fault === "too_few" ? text === "" : true;
}

function noteChoice(form: QuizForm, faults: Faults<QuizField>): void {
  const options = givenOptions(form);
  if (options.length < OPTIONS_MIN) faults.options = "too_few";
  else if (options.length > OPTIONS_MAX) faults.options = "out_of_range";
  else if (options.some((option) => lineFault(option, TITLE_MAX, true))) {
    faults.options = options.includes("") ? "required" : "too_long";
  } else if (new Set(options).size < options.length) faults.options = "twice";
  const right = form.correctChoice;
  if (right === null || right < 0 || right >= options.length) faults.correctChoice = "required";
}

function noteNumber(form: QuizForm, faults: Faults<QuizField>): void {
  note(faults, "unit", lineFault(form.unit, 20, false));
  const right = typedNumber(form.correctValue);
  const min = typedNumber(form.min);
  const max = typedNumber(form.max);
  const step = typedNumber(form.step);
  note(faults, "correctValue", right === null ? "required" : valueFault(right));
  note(faults, "min", valueFault(min));
  note(faults, "max", valueFault(max));
  note(faults, "step", step !== null && step <= 0 ? "out_of_range" : valueFault(step));
  if (faults.min || faults.max) return;
  if (min !== null && max !== null && min >= max) faults.max = "order";
  else if (right !== null && ((min !== null && right < min) || (max !== null && right > max)))
    faults.correctValue = "out_of_range";
}

function valueFault(value: number | null): Fault | undefined {
  if (value === null) return undefined;
  if (Number.isNaN(value)) return "not_a_number";
  if (Math.abs(value) > VALUE_MAX) return "out_of_range";
  return decimalsOf(value) > DECIMALS_MAX ? "decimals" : undefined;
}

function request(form: QuizForm, prize: Prize | null): QuizRequest {
  const shared: QuizRequest = {
    kind: form.kind,
    question: oneLine(form.question),
    duration_s: form.durationS,
    winners_max: form.winnersMax,
    prize,
  };
  if (form.kind === "choice") return { ...shared, options: givenOptions(form), correct_choice: form.correctChoice };
  return {
    ...shared,
    correct_value: typedNumber(form.correctValue),
    unit: orNull(form.unit),
    min_value: typedNumber(form.min),
    max_value: typedNumber(form.max),
    step: typedNumber(form.step),
  };
}
