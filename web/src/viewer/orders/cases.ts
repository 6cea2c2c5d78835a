/** After-sales cases: which units can be in one, what is asked for, and how far one has come. Pure. */
import type { Case, CaseLine, CaseRequest, Order, OrderLine, Refund } from "@shared/api-types";
import { checked, type Checked, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";
import { charsOf } from "@shared/text";
import { refundStateOf } from "./orders";

export type Kind = CaseRequest["kind"];
export const KINDS = ["refund", "replacement"] as const satisfies readonly Kind[];
export type Reason = Case["reason"];
export const PHOTOS_MAX = 6;
export const TEXT_MAX = 500;

/** Nothing is wrong yet with what has not left. */
export function reasonsOf(state: Order["state"]): readonly Reason[] {
  if (state === "paid" || state === "preparing") return ["other", "undelivered"];
  return ["spoiled", "underweight", "missing", "undelivered", "other"];
}

/** A line and its units that can be in a case, those that cost most first. */
export interface FreeLine {
  line: OrderLine;
  units: readonly number[];
}

/** Units that are not paid back or sent again, nor in a case that is open. A gift cost nothing, and can still be spoiled: it can be replaced. */
export function freeLines(
  lines: readonly OrderLine[],
  open: readonly { state: Case["state"]; lines: readonly CaseLine[] }[],
): FreeLine[] {
  const taken = open.filter(({ state }) => state === "open").flatMap((each) => each.lines);
  return lines.flatMap((line) => {
    const gone = new Set([
      ...line.refunded_units,
      ...line.replaced_units,
      ...taken.filter((each) => each.line === line.id).flatMap(({ units }) => units),
    ]);
    const share = (unit: number): number => line.unit_shares_minor[unit] ?? 0;
    const units = Array.from({ length: line.qty }, (_, unit) => unit)
      .filter((unit) => !gone.has(unit))
      .sort((a, b) => share(b) - share(a) || a - b);
    return units.length > 0 ? [{ line, units }] : [];
  });
}

/** For what cost nothing there is no money; another one there can be. */
export function offeredFor(free: readonly FreeLine[], kind: Kind): FreeLine[] {
  return free.filter(({ line }) => kind === "replacement" || !line.is_gift);
}

/** How many units of which line, by its id. */
export type Wanted = Readonly<Partial<Record<string, number>>>;

/** Which units, named, so that a second tab finds them gone. */
export function unitsWanted(free: readonly FreeLine[], wanted: Wanted): CaseLine[] {
  return free.flatMap(({ line, units }) => {
    const most = Math.min(units.length, wanted[line.id] ?? 0);
    return most > 0 ? [{ line: line.id, units: units.slice(0, most).toSorted((a, b) => a - b) }] : [];
  });
}

/** What was paid for these units, and has not gone back because they weighed less. */
export function amountOfUnits(
  lines: readonly OrderLine[],
  units: readonly CaseLine[],
  refunds: readonly Pick<Refund, "kind" | "lines">[],
): number {
  const settled = refunds.filter(({ kind }) => kind === "weight").flatMap((refund) => refund.lines);
  const off = (line: string, unit: number): number =>
    settled
      .filter((each) => each.line === line)
      .reduce((sum, each) => sum + (each.unit_amounts_minor[each.units.indexOf(unit)] ?? 0), 0);
  return units.reduce((sum, { line, units: which }) => {
    const shares = lines.find(({ id }) => id === line)?.unit_shares_minor ?? [];
    return sum + which.reduce((all, unit) => all + (shares[unit] ?? 0) - off(line, unit), 0);
  }, 0);
}

export interface CaseForm {
  wanted: Partial<Record<string, number>>;
  kind: Kind;
  reason: Reason | "";
  text: string;
  photos: string[];
}
export type CaseField = "lines" | "reason" | "text" | "photos";
export const CASE_NAMES: Names<CaseField> = { lines: "lines", reason: "reason", text: "text", photos: "photos" };

/** Of an order that has but one thing in it, that is what it is about. */
export function caseForm(free: readonly FreeLine[], reasons: readonly Reason[]): CaseForm {
  const only = free.length === 1 && free[0]?.units.length === 1 ? free[0].line.id : null;
  return {
    wanted: only === null ? {} : { [only]: 1 },
    kind: "refund",
    reason: reasons.length === 1 ? (reasons[0] ?? "") : "",
    text: "",
    photos: [],
  };
}

export function checkCase(form: CaseForm, free: readonly FreeLine[]): Checked<CaseRequest, CaseField> {
  const lines = unitsWanted(offeredFor(free, form.kind), form.wanted);
  const { reason } = form;
  const faults: Faults<CaseField> = {
    ...(lines.length === 0 ? { lines: "required" } : {}),
    ...(reason === "" ? { reason: "required" } : {}),
    ...(charsOf(form.text) > TEXT_MAX ? { text: "too_long" } : {}),
  };
  return checked(faults, () => ({ lines, kind: form.kind, reason, text: form.text.trim(), photos: form.photos }));
}

/** A step on the way of a case: done at a time, being done now, or yet to come. */
export interface ShownStep {
  what:
    | "open"
    | "see"
    | "answer"
    | "refund"
    | "replace"
    | "gift"
    | "reject"
    | "appeal"
    | "refund_rejected"
    | "replacement_cancelled"
    | "check"
    | "send"
    | "sent"
    | "stuck"
    | "arrive"
    | "withdraw"
    | "close";
  /** ISO 8601. */
  at: string | null;
  state: "done" | "now" | "later";
}

/** All that has happened, and what is to be expected from here. */
export function stepsOf(shown: Pick<Case, "state" | "steps" | "refund" | "seen_at" | "kind">): ShownStep[] {
  const { state, steps, refund } = shown;
  const done: ShownStep[] = steps
    .filter(({ step }) => !(step === "close" && refund !== null))
    .map(({ step, at, decision }) => ({
      what: step === "decide" ? (decision ?? "close") : step,
      at,
      state: "done",
    }));
  if (state === "open") {
    const seen = steps.findLast(({ step }) => step === "open" || step === "appeal" || step === "see")?.step === "see";
    return [
      ...done,
      ...(seen ? [] : [{ what: "see", at: null, state: "now" } as const]),
      { what: "answer", at: null, state: seen ? "now" : "later" },
      ...(shown.kind === "refund" ? [{ what: "send", at: null, state: "later" } as const] : []),
    ];
  }
  return refund === null || state === "withdrawn" ? done : [...done, ...moneySteps(refund)];
}

function moneySteps(refund: Refund): ShownStep[] {
  switch (refundStateOf(refund)) {
    case "waiting":
      return [
        { what: "check", at: null, state: "now" },
        { what: "send", at: null, state: "later" },
      ];
    case "sending":
      return [
        { what: "send", at: null, state: "now" },
        { what: "arrive", at: null, state: "later" },
      ];
    case "sent":
      // When a bank books it nobody tells us: the provider's word for how long that takes stands there instead.
      return [
        { what: "sent", at: refund.paid_at, state: "done" },
        { what: "arrive", at: null, state: "now" },
      ];
    case "stuck":
      return [{ what: "stuck", at: null, state: "now" }];
    case "rejected":
      return [];
  }
}

/** The clock of an open case: minutes, in hours from two on; `over`: it should have been answered. */
export function clockOf(dueMs: number, nowMs: number): { unit: "minutes" | "hours"; n: number } | "over" {
  const minutes = Math.ceil((dueMs - nowMs) / 60_000);
  if (minutes <= 0) return "over";
  return minutes <= 120 ? { unit: "minutes", n: minutes } : { unit: "hours", n: Math.ceil(minutes / 60) };
}
