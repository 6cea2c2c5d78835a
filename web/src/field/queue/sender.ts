/**
 * Sends what waits, one after the other, each with its key. Of all tabs one sends at a time, and whoever
 * changes a record waits for the one that is under way, not for all of them (Web Locks); where a browser has no locks, as on a page
 * without TLS, the keys alone see to it that each is done once.
 */
import type { Upload } from "@shared/api-types";
import { asRefusal } from "@shared/refusal";
import {
  batchOf,
  became,
  isBreak,
  nextOf,
  outcomeOf,
  refusedBy,
  sentAs,
  type Change,
  type FieldRecord,
  type StepOf,
  type Work,
} from "./records";
import { StorageError, type RecordStore } from "./store";

/** The calls that it takes. Each throws Refusal. */
export interface Calls {
  upload: (photo: Blob, key: string) => Promise<Upload>;
  /** The id of the batch of a lot; null: there is none. */
  find: (of: StepOf) => Promise<string | null>;
  batch: (body: Extract<Work, { type: "batch" }>["body"], key: string) => Promise<string>;
  step: (
    batch: string,
    body: Extract<Work, { type: "step" }>["body"] & { photo: string | null },
    key: string,
  ) => Promise<string>;
}

/** How a round ended. `afterMs`: the server said when. */
export type Ended = { why: "empty" | "signIn" | "gone" } | { why: "later"; afterMs: number | null };

export interface Sender {
  store: RecordStore;
  calls: Calls;
  /** Runs it while nobody else sends or changes a record. */
  alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Who is here, by the server's word; null: nobody, or it is not known. */
  person: () => string | null;
  now: () => number;
  /** Something became of a record. */
  changed: () => void;
}

const LOCK = "livehub.field.send";

export async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
  return navigator.locks ? navigator.locks.request(LOCK, work) : work();
}

/** Until nothing more can go out. Throws StorageError. */
export async function sendAll(sender: Sender): Promise<Ended> {
  for (;;) {
    // Each by itself: whoever discards one that waits comes before it.
    const ended = await sender.alone(() => sendNext(sender));
    if (ended) return ended;
  }
}

async function sendNext(sender: Sender): Promise<Ended | null> {
  const who = sender.person();
  if (who === null) return { why: "gone" };
  const records = await sender.store.all();
  const next = nextOf(records, who);
  if (!next) return { why: "empty" };
  const ended = await sendOne(sender, next, records, who);
  sender.changed();
  return ended;
}

async function sendOne(
  { store, calls, person, now }: Sender,
  record: FieldRecord,
  records: readonly FieldRecord[],
  who: string,
): Promise<Ended | null> {
  let one = record;
  const keep = (kept: FieldRecord): Promise<Change> => store.change((now) => became(now, kept));
  try {
    if (one.hasPhoto && one.upload === null) {
      const photo = await store.photo(one.id);
      if (photo) {
        const { id } = await calls.upload(photo, `${one.id}-photo`);
        one = { ...one, upload: id };
        // Before it is sent, so that it is the same request whenever this page is closed.
        const { put } = await keep(one);
        // Discarded meanwhile.
        if (put.length === 0) return null;
      }
    }
    if (person() !== who) return { why: "gone" };
    const result = await done(calls, one, records);
    await keep(sentAs(one, result, now()));
    return null;
  } catch (thrown) {
    if (thrown instanceof StorageError) throw thrown;
    const refusal = asRefusal(thrown);
    switch (outcomeOf(refusal, one)) {
      case "signIn":
        return { why: "signIn" };
      case "uploadGone":
        await keep({ ...one, upload: null, breaks: one.breaks + 1 });
        return { why: "later", afterMs: null };
      case "refused":
        await keep(refusedBy(one, refusal));
        return null;
      case "later":
        if (isBreak(refusal)) await keep({ ...one, breaks: one.breaks + 1 });
        return { why: "later", afterMs: refusal.retryAfterMs };
    }
  }
}

async function done(calls: Calls, one: FieldRecord, records: readonly FieldRecord[]): Promise<string> {
  const { work } = one;
  if (work.type === "batch") return calls.batch(work.body, one.id);
  const batch = batchOf(one, records) ?? (await calls.find(work.of));
  return calls.step(batch ?? NO_BATCH, { ...work.body, photo: one.upload }, one.id);
}

/** The server says so in its own words. */
const NO_BATCH = "none";
