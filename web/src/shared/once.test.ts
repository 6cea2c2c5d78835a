// @vitest-environment jsdom
// A request whose answer was lost gets the same key again, over a reload too; a settled one never does, and nobody else's.
import { beforeEach, describe, expect, it } from "vitest";
import { createOnce, fingerprint } from "./once";
import { CODE, noAnswer, Refusal } from "./refusal";

let person: string | null = "ada";
let now = 1_000_000;
/** As a page makes it: what is kept is in the tab. */
const page = () =>
  createOnce(
    () => person,
    () => now,
  );

async function lost(scope: string, body: unknown): Promise<string> {
  let sent = "";
  await page()
    .once(scope, body, (key) => {
      sent = key;
      return Promise.reject(noAnswer());
    })
    .catch(() => undefined);
  return sent;
}

async function answered(scope: string, body: unknown): Promise<string> {
  return page().once(scope, body, (key) => Promise.resolve(key));
}

beforeEach(() => {
  sessionStorage.clear();
  person = "ada";
  now = 1_000_000;
});

describe("a key", () => {
  it("is the same for the same request until there is an answer", async () => {
    const first = await lost("order", { qty: 1 });
    expect(await lost("order", { qty: 1 })).toBe(first);
    expect(await answered("order", { qty: 1 })).toBe(first);
    expect(await answered("order", { qty: 1 })).not.toBe(first);
  });

  it("is kept while its request is under way, should the page be reloaded before there is an answer", async () => {
    let first = "";
    void page().once("order", 1, (key) => {
      first = key;
      return new Promise(() => undefined);
    });
    expect(await answered("order", 1)).toBe(first);
  });

  it("is another one for another body, another scope, and another person", async () => {
    const first = await lost("order", { qty: 1 });
    expect(await lost("pin", { qty: 1 })).not.toBe(first);
    person = "ben";
    expect(await lost("order", { qty: 1 })).not.toBe(first);
    person = "ada";
    expect(await lost("order", { qty: 1 })).toBe(first);
    expect(await lost("order", { qty: 2 })).not.toBe(first);
    // What was asked for last under a scope is what is open.
    expect(await lost("order", { qty: 1 })).not.toBe(first);
  });

  it("is dropped after a definite no, and kept after one that leaves it open", async () => {
    const refuse = async (code: number): Promise<string> => {
      let sent = "";
      await page()
        .once("order", 1, (key) => {
          sent = key;
          return Promise.reject(new Refusal({ code, name: "", message: "" }));
        })
        .catch(() => undefined);
      return sent;
    };
    const first = await refuse(CODE.unavailable);
    expect(await refuse(CODE.internal)).toBe(first);
    expect(await refuse(CODE.soldOut)).toBe(first);
    expect(await refuse(CODE.soldOut)).not.toBe(first);
  });

  it("is forgotten after a quarter of an hour", async () => {
    const first = await lost("order", 1);
    now += 14 * 60_000;
    expect(await lost("order", 1)).toBe(first);
    now += 60_000;
    expect(await lost("order", 1)).not.toBe(first);
  });

  it("goes when there are more than fifty, the oldest first, and nothing of a body is kept", async () => {
    const first = await lost("order:0", "secret address");
    for (let n = 1; n <= 50; n++) await lost(`order:${n}`, n);
    expect(await lost("order:0", "secret address")).not.toBe(first);
    expect((JSON.parse(sessionStorage.getItem("livehub.once") ?? "") as unknown[]).length).toBe(50);
    expect(sessionStorage.getItem("livehub.once")).not.toContain("secret");
  });

  it("is made anew when what the tab keeps is not ours", async () => {
    sessionStorage.setItem("livehub.once", '[{"scope":1},null,"x"]');
    expect((await lost("order", 1)).length).toBe(32);
    sessionStorage.setItem("livehub.once", "garbage");
    expect((await lost("order", 1)).length).toBe(32);
  });
});

it("requests are told apart by their bodies", () => {
  expect([fingerprint({ a: 1 }), fingerprint({ a: 2 }), fingerprint(undefined)]).toEqual([
    fingerprint({ a: 1 }),
    expect.not.stringMatching(fingerprint({ a: 1 })),
    fingerprint(null),
  ]);
});
