/**
 * What was recorded on this phone and goes to the server: in order, each once. Pure.
 *
 *     waiting --sent, an answer--> sent                      (kept a while, to be seen)
 *        | ^  \--a definite no---> refused --again--> waiting
 *        '-'   no answer: the same request with the same key
 *
 * A record belongs to whoever was here when it was made, and goes out under their name only. A step of a batch that was made on
 * this phone waits for that batch: until it has its id, and for good if it was refused. What one refused record stands for does not keep
 * the others; a server that cannot be reached does.
 */
import type { BatchRequest, BatchStepRequest } from "@shared/api-types";
import { CODE, isOfToken, isUnknown, type Refusal } from "@shared/refusal";

export type StepKind = BatchStepRequest["kind"];

/** A batch that a step is of: as its code says, or one that was made on this phone. */
export interface StepOf {
  gtin: string;
  lot: string;
  serial: string | null;
  /** The server's id of the batch, once it is known. */
  batch: string | null;
  /** The record that makes it; null: the server has it. */
  made: string | null;
}

export type Work =
  | { type: "batch"; body: BatchRequest; productName: string }
  | { type: "step"; of: StepOf; body: Omit<BatchStepRequest, "photo"> };

export interface FieldRecord {
  /** Also its Idempotency-Key. */
  id: string;
  /** Grows; the order in which they go out. */
  order: number;
  person: string;
  personName: string;
  /** When it was made, Unix ms. */
  madeMs: number;
  work: Work;
  hasPhoto: boolean;
  /** The id of the picture, once the server has it: it stays in what is sent, which has to be the same each time. */
  upload: string | null;
  state: "waiting" | "sent" | "refused";
  /** How often the server broke over it. */
  breaks: number;
  sentMs: number | null;
  /** What the server made of it: the id of the batch or the step. */
  result: string | null;
  refused: { code: number; name: string; field: string | null; message: string } | null;
}

/** Sent ones are kept to be seen: so long, and so many. */
export const SENT_KEPT_MS = 3 * 86_400_000;
export const SENT_KEPT_MAX = 100;
/** More than a phone records in weeks without a network. */
export const RECORDS_MAX = 2_000;
/** What the server breaks over so often is put aside, so that it does not keep the others for ever. */
export const BREAKS_MAX = 4;

/** The order in which they were recorded. */
export function inOrder(records: readonly FieldRecord[]): FieldRecord[] {
  return [...records].sort((a, b) => a.order - b.order);
}

/** What goes out next under this name; null: nothing can. */
export function nextOf(records: readonly FieldRecord[], person: string): FieldRecord | null {
  const mine = inOrder(records).filter((one) => one.person === person);
  return mine.find((one) => one.state === "waiting" && !waitsForBatch(one, records)) ?? null;
}

/** Whether a step's batch has not been sent, or was refused. */
export function waitsForBatch({ work }: FieldRecord, records: readonly FieldRecord[]): boolean {
  if (work.type !== "step" || work.of.batch !== null || work.of.made === null) return false;
  const made = records.find(({ id }) => id === work.of.made);
  // One that is gone was sent and forgotten, or discarded: the server knows by the lot.
  return made !== undefined && made.state !== "sent";
}

/** The id of the batch that a step is of, as far as this phone knows it. */
export function batchOf({ work }: FieldRecord, records: readonly FieldRecord[]): string | null {
  if (work.type !== "step") return null;
  return work.of.batch ?? records.find(({ id }) => id === work.of.made)?.result ?? null;
}

/** What an answer, or none, does to the queue. `later`: the same again after a while; `signIn`: once whoever it is of is here again. */
export type Outcome = "later" | "signIn" | "refused" | "uploadGone";

/** The picture that was sent before was not used in time, and is no more (livehub/base/uploads). */
const UPLOAD_NOT_FOUND = "upload_not_found";

export function outcomeOf(refusal: Refusal, record: FieldRecord): Outcome {
  if (isOfToken(refusal) || refusal.code === CODE.unauthenticated || refusal.code === CODE.signinTooOld)
    return "signIn";
  if (refusal.name === UPLOAD_NOT_FOUND && record.upload !== null) return "uploadGone";
  if (isBreak(refusal)) return record.breaks + 1 >= BREAKS_MAX ? "refused" : "later";
  const isBusy = refusal.code === CODE.tooFast || refusal.code === CODE.overloaded || refusal.retryAfterMs !== null;
  return isUnknown(refusal) || isBusy || (refusal.status ?? 0) >= 500 ? "later" : "refused";
}

/** Whether the server broke over it, rather than being away or busy. */
export function isBreak({ code, status }: Refusal): boolean {
  return code === CODE.internal && status === 500;
}

export function refusedBy(record: FieldRecord, { code, name, field, message }: Refusal): FieldRecord {
  return { ...record, state: "refused", refused: { code, name, field, message } };
}

export function sentAs(record: FieldRecord, result: string, nowMs: number): FieldRecord {
  return { ...record, state: "sent", sentMs: nowMs, result, refused: null, breaks: 0 };
}

/** To be sent again, the same with the same key: whatever became of it, it is done once. */
export function again(record: FieldRecord): FieldRecord {
  return record.state === "refused" ? { ...record, state: "waiting", refused: null, breaks: 0 } : record;
}

/** Without the photo that the server did not take. Nothing was done under its key, so it keeps that. */
export function withoutPhoto(record: FieldRecord): FieldRecord {
  return record.upload === null ? { ...again(record), hasPhoto: false } : record;
}

/** A refused batch with another lot, which is another request. Its steps go along. */
export function withLot(records: readonly FieldRecord[], id: string, lot: string, key: string): FieldRecord[] {
  return records.flatMap((one): FieldRecord[] => {
    const { work } = one;
    if (one.id === id && work.type === "batch" && one.state === "refused")
      return [{ ...again(one), id: key, work: { ...work, body: { ...work.body, lot } } }];
    if (work.type === "step" && work.of.made === id)
      return [{ ...one, work: { ...work, of: { ...work.of, lot, made: key } } }];
    return [];
  });
}

/** What is written, all or nothing. */
export interface Change {
  put: readonly FieldRecord[];
  remove: readonly string[];
  /** Photos of records that stay. */
  dropPhotos: readonly string[];
}

export const NO_CHANGE: Change = { put: [], remove: [], dropPhotos: [] };

/** The record is with the server already: too late to discard it, or to make another of it. */
export class AlreadySent extends Error {}

/**
 * What the answer made of a record, or a part of it that went ahead. What was discarded meanwhile is not put back, and what was sent
 * stays sent, as another tab may have done where a browser has no locks.
 */
export function became(now: readonly FieldRecord[], one: FieldRecord): Change {
  const known = now.find(({ id }) => id === one.id);
  if (!known || known.state === "sent") return NO_CHANGE;
  // The photo of what is sent is where it belongs.
  return { put: [one], remove: [], dropPhotos: one.state === "sent" ? [one.id] : [] };
}

/** A record as the person wants it now. Nothing where it is gone; throws AlreadySent. */
export function changedTo(now: readonly FieldRecord[], id: string, wish: (known: FieldRecord) => FieldRecord): Change {
  const known = unsent(now, id);
  return known ? { ...NO_CHANGE, put: [wish(known)] } : NO_CHANGE;
}

/** A refused batch goes out with another lot, under another key. Nothing where it is not refused any more; throws AlreadySent. */
export function movedTo(now: readonly FieldRecord[], id: string, lot: string, key: string): Change {
  if (unsent(now, id)?.state !== "refused") return NO_CHANGE;
  return { ...NO_CHANGE, put: withLot(now, id, lot, key), remove: [id] };
}

/** Never sent. Nothing where it is gone; throws AlreadySent. */
export function discarded(now: readonly FieldRecord[], id: string): Change {
  return unsent(now, id) ? { ...NO_CHANGE, remove: [id] } : NO_CHANGE;
}

function unsent(now: readonly FieldRecord[], id: string): FieldRecord | undefined {
  const known = now.find((one) => one.id === id);
  if (known?.state === "sent") throw new AlreadySent();
  return known;
}

/** Those that need not be kept any longer. */
export function forgotten(records: readonly FieldRecord[], nowMs: number): string[] {
  const sent = records.filter(({ state }) => state === "sent").sort((a, b) => (b.sentMs ?? 0) - (a.sentMs ?? 0));
  const needed = new Set(
    records.flatMap(({ state, work }) =>
      state !== "sent" && work.type === "step" && work.of.made ? [work.of.made] : [],
    ),
  );
  return sent
    .filter(({ id, sentMs }, at) => !needed.has(id) && (at >= SENT_KEPT_MAX || nowMs - (sentMs ?? 0) > SENT_KEPT_MS))
    .map(({ id }) => id);
}

export interface Counts {
  waiting: number;
  refused: number;
  sent: number;
}

export function countsOf(records: readonly FieldRecord[]): Counts {
  const of = (state: FieldRecord["state"]): number => records.filter((one) => one.state === state).length;
  return { waiting: of("waiting"), refused: of("refused"), sent: of("sent") };
}

/** Whose records wait here besides those of `person`, and how many. */
export function othersWaiting(records: readonly FieldRecord[], person: string | null): { name: string; n: number }[] {
  const names = new Map<string, { name: string; n: number }>();
  for (const one of records) {
    if (one.person === person || one.state === "sent") continue;
    const known = names.get(one.person) ?? { name: one.personName, n: 0 };
    names.set(one.person, { name: known.name, n: known.n + 1 });
  }
  return [...names.values()];
}
