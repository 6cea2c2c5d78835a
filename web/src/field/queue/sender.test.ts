// One after the other, each with its key: whatever is lost, what is sent again is the same request.
import { describe, expect, it } from "vitest";
import type { Upload } from "@shared/api-types";
import { noAnswer, Refusal } from "@shared/refusal";
import type { FieldRecord } from "./records";
import { sendAll, type Calls, type Ended } from "./sender";
import type { RecordStore } from "./store";

function record(id: string, order: number, over: Partial<FieldRecord> = {}): FieldRecord {
  return {
    id,
    order,
    person: "lin",
    personName: "Lin",
    madeMs: 1,
    work: {
      type: "step",
      of: { gtin: "09520123456788", lot: "A", serial: null, batch: null, made: null },
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

/** A phone and what it says to a server; `no`: what the next calls are refused with. */
function phone(records: FieldRecord[], who: () => string | null = () => "lin") {
  const kept = new Map(records.map((one) => [one.id, one]));
  const said: string[] = [];
  const no: (Refusal | null)[] = [];
  const say = (words: string): void => {
    said.push(words);
    const refused = no.shift();
    if (refused) throw refused;
  };
  const store: RecordStore = {
    all: () => Promise.resolve([...kept.values()]),
    add: () => Promise.reject(new Error("not here")),
    change: (put, remove) => {
      for (const one of put) kept.set(one.id, one);
      for (const id of remove) kept.delete(id);
      return Promise.resolve();
    },
    photo: () => Promise.resolve(new Blob(["p"])),
  };
  const calls: Calls = {
    upload: async (_photo, key) => (say(`upload ${key}`), { id: "u1" } as Upload),
    find: async ({ lot }) => (say(`find ${lot}`), `batch-${lot}`),
    batch: async ({ lot }, key) => (say(`batch ${lot} ${key}`), `batch-${lot}`),
    step: async (batch, { photo }, key) => (say(`step ${batch} ${photo ?? "-"} ${key}`), `step-${key}`),
  };
  const send = (): Promise<Ended> => sendAll({ store, calls, person: who, now: () => 9, changed: () => undefined });
  return { kept, said, no, send };
}

describe("what waits", () => {
  it("is sent in order, a batch before its steps, with its id", async () => {
    const made = record("b", 1, {
      work: {
        type: "batch",
        productName: "Eggs",
        body: {
          product: "eggs",
          gtin: "09520123456788",
          lot: "A",
          harvested_at: 1,
          place: { name: "F", lat: 1, lon: 1 },
          units: 1,
        },
      },
    });
    const step = record("s", 2);
    if (step.work.type === "step") step.work.of.made = "b";
    const { said, kept, send } = phone([step, made]);
    expect(await send()).toEqual({ why: "empty" });
    expect(said).toEqual(["batch A b", "step batch-A - s"]);
    expect(kept.get("s")).toMatchObject({ state: "sent", result: "step-s", sentMs: 9 });
  });

  it("is sent again with the same key and the same picture when the answer was lost", async () => {
    const { said, no, kept, send } = phone([record("s", 1, { hasPhoto: true })]);
    no.push(null, null, noAnswer());
    expect(await send()).toEqual({ why: "later", afterMs: null });
    expect(kept.get("s")).toMatchObject({ state: "waiting", upload: "u1" });
    expect(await send()).toEqual({ why: "empty" });
    expect(said).toEqual(["upload s-photo", "find A", "step batch-A u1 s", "find A", "step batch-A u1 s"]);
  });

  it("is kept by one that has no answer, and not by one that is refused", async () => {
    const { said, no, kept, send } = phone([record("s", 1), record("t", 2)]);
    no.push(null, new Refusal({ code: 1000, name: "bad_request", message: "at: no." }, 400));
    expect(await send()).toEqual({ why: "empty" });
    expect([kept.get("s")?.state, kept.get("t")?.state]).toEqual(["refused", "sent"]);
    expect(said).toHaveLength(4);
  });

  it("stays where the session is over", async () => {
    const { no, kept, send } = phone([record("s", 1), record("t", 2)]);
    no.push(null, new Refusal({ code: 1104, name: "session_ended", message: "" }, 401));
    expect(await send()).toEqual({ why: "signIn" });
    expect([kept.get("s")?.state, kept.get("t")?.state]).toEqual(["waiting", "waiting"]);
  });

  it("is not sent by another person, nor when they come while a picture is on its way", async () => {
    const other = phone([record("s", 1)], () => "ada");
    expect([await other.send(), other.said]).toEqual([{ why: "empty" }, []]);
    let who = "lin";
    const changed = phone([record("s", 1, { hasPhoto: true })], () => (changed.said.length > 0 ? (who = "ada") : who));
    expect([await changed.send(), changed.said]).toEqual([{ why: "gone" }, ["upload s-photo"]]);
    expect(changed.kept.get("s")).toMatchObject({ state: "waiting", upload: "u1" });
  });

  it("that has lost its picture on the server sends it anew, as the same", async () => {
    const { said, no, kept, send } = phone([record("s", 1, { hasPhoto: true, upload: "u1" })]);
    no.push(null, new Refusal({ code: 1310, name: "upload_not_found", message: "" }, 404));
    expect(await send()).toEqual({ why: "later", afterMs: null });
    expect(await send()).toEqual({ why: "empty" });
    expect(said.slice(2)).toEqual(["upload s-photo", "find A", "step batch-A u1 s"]);
    expect(kept.get("s")?.state).toBe("sent");
  });
});
