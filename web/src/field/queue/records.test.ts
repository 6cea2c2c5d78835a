// What goes out next, and what an answer does: in order, each once, under the name of whoever recorded it.
import { describe, expect, it } from "vitest";
import { noAnswer, offline, Refusal } from "@shared/refusal";
import {
  again,
  AlreadySent,
  batchOf,
  became,
  BREAKS_MAX,
  changedTo,
  countsOf,
  discarded,
  forgotten,
  movedTo,
  nextOf,
  NO_CHANGE,
  othersWaiting,
  outcomeOf,
  refusedBy,
  SENT_KEPT_MAX,
  SENT_KEPT_MS,
  sentAs,
  waitsForBatch,
  withLot,
  withoutPhoto,
  type FieldRecord,
} from "./records";

const PLACE = { name: "Field 3", lat: 31.2, lon: 121.5 };
let made = 0;

function record(over: Partial<FieldRecord> = {}): FieldRecord {
  made++;
  return {
    id: `r${made}`,
    order: made,
    person: "lin",
    personName: "Lin",
    madeMs: 1,
    work: {
      type: "step",
      of: { gtin: "09520123456788", lot: "A", serial: null, batch: "b1", made: null },
      body: { kind: "washed", at: 1 },
    },
    hasPhoto: false,
    upload: null,
    state: "waiting",
    breaks: 0,
    sentMs: null,
    result: null,
    refused: null,
    ...over,
  };
}

function batch(over: Partial<FieldRecord> = {}): FieldRecord {
  const body = { product: "eggs", gtin: "09520123456788", lot: "A", harvested_at: 1, place: PLACE, units: 4 };
  return record({ work: { type: "batch", body, productName: "Eggs" }, ...over });
}

function stepOf(id: string): FieldRecord {
  return record({
    work: {
      type: "step",
      of: { gtin: "09520123456788", lot: "A", serial: null, batch: null, made: id },
      body: { kind: "washed", at: 1 },
    },
  });
}

function refusal(code: number, status: number, name = "x", more: object = {}): Refusal {
  return new Refusal({ code, name, message: "No.", ...more }, status);
}

describe("what goes out next", () => {
  it("is the first that waits, by the order in which they were recorded", () => {
    const [first, second] = [record(), record()];
    expect(nextOf([second, first], "lin")).toBe(first);
    expect(nextOf([second, sentAs(first, "s", 1)], "lin")).toBe(second);
    expect(nextOf([refusedBy(first, refusal(1000, 400)), second], "lin")).toBe(second);
    expect(nextOf([sentAs(first, "s", 1)], "lin")).toBeNull();
  });

  it("is never another person's", () => {
    const mine = record();
    expect(nextOf([mine], "ada")).toBeNull();
    expect(othersWaiting([mine, record(), record({ state: "sent" })], "ada")).toEqual([{ name: "Lin", n: 2 }]);
    expect(othersWaiting([mine], "lin")).toEqual([]);
  });

  it("is a step of a batch from this phone after the batch alone", () => {
    const one = batch();
    const step = stepOf(one.id);
    expect(nextOf([step, one], "lin")).toBe(one);
    const refused = refusedBy(one, refusal(6023, 409));
    expect([nextOf([refused, step], "lin"), waitsForBatch(step, [refused, step])]).toEqual([null, true]);
    const sent = sentAs(one, "b9", 1);
    expect([nextOf([sent, step], "lin"), batchOf(step, [sent, step])]).toEqual([step, "b9"]);
    // Discarded, or forgotten: the server is asked by the lot.
    expect([nextOf([step], "lin"), batchOf(step, [step])]).toEqual([step, null]);
  });

  it("is the next batch where the first was refused", () => {
    const one = refusedBy(batch(), refusal(6023, 409));
    const other = record();
    expect(nextOf([one, stepOf(one.id), other], "lin")).toBe(other);
  });
});

describe("an answer", () => {
  it("that never came, or says that nobody can now, is waited for with the same key", () => {
    const one = record();
    for (const no of [
      offline(),
      noAnswer(),
      refusal(1200, 503),
      refusal(1201, 503),
      refusal(1003, 429, "too_fast", { retry_after_ms: 500 }),
      refusal(1299, 502),
    ])
      expect(outcomeOf(no, one), String(no.code)).toBe("later");
  });

  it("of a server that breaks over it again and again puts it aside", () => {
    expect(outcomeOf(refusal(1299, 500), record())).toBe("later");
    expect(outcomeOf(refusal(1299, 500), record({ breaks: BREAKS_MAX - 1 }))).toBe("refused");
    expect(outcomeOf(refusal(1299, 502), record({ breaks: BREAKS_MAX - 1 }))).toBe("later");
  });

  it("to nobody keeps it until they sign in", () => {
    for (const code of [1100, 1101, 1104, 1110]) expect(outcomeOf(refusal(code, 401), record())).toBe("signIn");
  });

  it("that is a definite no is shown, and may be tried again as it is", () => {
    for (const [code, status] of [
      [1000, 400],
      [1102, 403],
      [6022, 404],
      [6023, 409],
      [1004, 422],
    ] as const)
      expect(outcomeOf(refusal(code, status), record())).toBe("refused");
    const one = record();
    const refused = refusedBy(one, refusal(6022, 404));
    expect(refused).toMatchObject({ state: "refused", refused: { code: 6022, message: "No." } });
    expect(again(refused)).toEqual(one);
    expect(countsOf([refused, one])).toEqual({ waiting: 1, refused: 1, sent: 0 });
  });

  it("that the picture is none leaves it to be sent without", () => {
    const one = refusedBy(record({ hasPhoto: true }), refusal(1303, 422));
    expect(withoutPhoto(one)).toMatchObject({ id: one.id, state: "waiting", hasPhoto: false, refused: null });
    const sent = refusedBy(record({ hasPhoto: true, upload: "u" }), refusal(1000, 400));
    expect(withoutPhoto(sent)).toBe(sent);
  });

  it("that the picture is gone has it sent anew", () => {
    const gone = refusal(1310, 404, "upload_not_found");
    expect(outcomeOf(gone, record({ upload: "u" }))).toBe("uploadGone");
    expect(outcomeOf(gone, record())).toBe("refused");
  });
});

it("with another lot is another request, and its steps go along", () => {
  const one = refusedBy(batch(), refusal(6023, 409));
  const step = stepOf(one.id);
  const [changed, moved] = withLot([one, step, record()], one.id, "B", "new");
  expect(changed).toMatchObject({ id: "new", state: "waiting", order: one.order, work: { body: { lot: "B" } } });
  expect(moved).toMatchObject({ id: step.id, work: { of: { lot: "B", made: "new" } } });
  expect(withLot([batch()], "r0", "B", "new")).toEqual([]);
});

describe("a record that the person changes", () => {
  it("is the one that is kept, not the one that was seen", () => {
    const now = refusedBy(record({ upload: "u" }), refusal(1000, 400));
    expect(changedTo([now], now.id, again).put).toEqual([again(now)]);
    expect(discarded([now], now.id)).toEqual({ put: [], remove: [now.id], dropPhotos: [] });
  });

  it("and that is sent already stays as it is", () => {
    const sent = sentAs(batch(), "b9", 1);
    const step = stepOf(sent.id);
    expect(() => discarded([sent], sent.id)).toThrow(AlreadySent);
    expect(() => changedTo([sent], sent.id, again)).toThrow(AlreadySent);
    expect(() => movedTo([sent, step], sent.id, "B", "new")).toThrow(AlreadySent);
    expect(became([sent], refusedBy(sent, refusal(1000, 400)))).toEqual(NO_CHANGE);
  });

  it("and that is gone does not come back", () => {
    const gone = refusedBy(batch(), refusal(6023, 409));
    const step = stepOf(gone.id);
    for (const change of [
      discarded([step], gone.id),
      changedTo([step], gone.id, again),
      movedTo([step], gone.id, "B", "new"),
      became([step], gone),
    ])
      expect(change).toEqual(NO_CHANGE);
  });

  it("with another lot leaves its old key", () => {
    const one = refusedBy(batch(), refusal(6023, 409));
    expect(movedTo([one], one.id, "B", "new")).toMatchObject({ put: [{ id: "new" }], remove: [one.id] });
    expect(movedTo([again(one)], one.id, "B", "new")).toEqual(NO_CHANGE);
  });
});

describe("what was sent", () => {
  it("is forgotten after days, or when there are too many", () => {
    const old = sentAs(record(), "s", 0);
    const fresh = sentAs(record(), "s", SENT_KEPT_MS);
    expect(forgotten([old, fresh, record()], SENT_KEPT_MS + 1)).toEqual([old.id]);
    const many = Array.from({ length: SENT_KEPT_MAX + 1 }, (_, at) => sentAs(record(), "s", at));
    expect(forgotten(many, 0)).toEqual([many[0]?.id]);
  });

  it("is kept while a step needs its id", () => {
    const one = sentAs(batch(), "b9", 0);
    expect(forgotten([one, stepOf(one.id)], SENT_KEPT_MS + 1)).toEqual([]);
  });
});
