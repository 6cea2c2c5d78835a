// One after the other, each with its key: whatever is lost, what is sent again is the same request.
import { describe, expect, it } from "vitest";
import type { Upload } from "@shared/api-types";
import { noAnswer, Refusal } from "@shared/refusal";
import { AlreadySent, discarded, type FieldRecord } from "./records";
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
    change: (decide) => {
      const change = decide([...kept.values()]);
      for (const one of change.put) kept.set(one.id, one);
      for (const id of change.remove) kept.delete(id);
      return Promise.resolve(change);
    },
    photo: () => Promise.resolve(new Blob(["p"])),
  };
  const calls: Calls = {
    upload: async (_photo, key) => (say(`upload ${key}`), { id: "u1" } as Upload),
    find: async ({ lot }) => (say(`find ${lot}`), `batch-${lot}`),
    batch: async ({ lot }, key) => (say(`batch ${lot} ${key}`), `batch-${lot}`),
    step: async (batch, { photo }, key) => (say(`step ${batch} ${photo ?? "-"} ${key}`), `step-${key}`),
  };
  // Like a Web Lock: one after the other, in the order in which they ask.
  let last: Promise<unknown> = Promise.resolve();
  const alone = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const send = (): Promise<Ended> =>
    sendAll({ store, calls, alone, person: who, now: () => 9, changed: () => undefined });
  const discard = async (id: string): Promise<void> => {
    await alone(async () => store.change((now) => discarded(now, id)));
  };
  return { kept, said, no, send, discard, calls };
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

describe("what is discarded", () => {
  /** One whose first step does something before it is answered. */
  function during(act: (at: ReturnType<typeof phone>) => void, records: FieldRecord[]): ReturnType<typeof phone> {
    const at = phone(records);
    const { step } = at.calls;
    let isFirst = true;
    at.calls.step = (...said) => {
      if (isFirst) act(at);
      isFirst = false;
      return step(...said);
    };
    return at;
  }

  it("while another is on its way is never sent", async () => {
    let gone: Promise<void> | undefined;
    const at = during(({ discard }) => (gone = discard("t")), [record("s", 1), record("t", 2), record("u", 3)]);
    expect(await at.send()).toEqual({ why: "empty" });
    await gone;
    expect(at.said.filter((words) => words.startsWith("step"))).toEqual(["step batch-A - s", "step batch-A - u"]);
    expect([...at.kept.keys()]).toEqual(["s", "u"]);
  });

  it("while it is itself on its way, and sent, stays and is said to be sent", async () => {
    let gone: Promise<void> | undefined;
    const at = during(
      ({ discard }) => {
        gone = discard("s");
        gone.catch(() => undefined);
      },
      [record("s", 1)],
    );
    expect(await at.send()).toEqual({ why: "empty" });
    await expect(gone).rejects.toBeInstanceOf(AlreadySent);
    expect(at.kept.get("s")).toMatchObject({ state: "sent", result: "step-s" });
  });

  it("without locks is not put back by its answer", async () => {
    const sent = during(({ kept }) => kept.delete("s"), [record("s", 1)]);
    expect([await sent.send(), sent.kept.size]).toEqual([{ why: "empty" }, 0]);
    const refused = during(
      ({ kept, no }) => {
        kept.delete("s");
        no.push(new Refusal({ code: 1000, name: "bad_request", message: "" }, 400));
      },
      [record("s", 1)],
    );
    expect([await refused.send(), refused.kept.size]).toEqual([{ why: "empty" }, 0]);
  });

  it("while its picture is on its way is not sent", async () => {
    const at = phone([record("s", 1, { hasPhoto: true })]);
    const { upload } = at.calls;
    at.calls.upload = (photo, key) => (at.kept.delete("s"), upload(photo, key));
    expect(await at.send()).toEqual({ why: "empty" });
    expect([at.said, at.kept.size]).toEqual([["upload s-photo"], 0]);
  });
});
