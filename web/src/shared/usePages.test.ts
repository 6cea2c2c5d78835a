// A list page by page: one question at a time, beginning anew with another filter, and each end told apart.
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CODE } from "./refusal";
import { ITEMS_MAX, usePages, type Pages } from "./usePages";

interface Question {
  path: string;
  answer: (body: unknown) => void;
  fail: () => void;
  aborted: boolean;
}
let asked: Question[];
let scope: EffectScope;
const room = ref("demo");
const wanted = shallowRef(true);

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const rows = (from: number, n: number): { id: string }[] =>
  Array.from({ length: n }, (_, at) => ({ id: `s${from + at}` }));
const last = (): Question => asked.at(-1) as Question;

function opened(): Pages<{ id: string }> {
  return scope.run(() =>
    usePages("GET /api/rooms/{room}/sales", () =>
      wanted.value ? { path: { room: room.value }, query: { limit: 2 } } : null,
    ),
  ) as unknown as Pages<{ id: string }>;
}
async function answered(items: { id: string }[], next: string | null): Promise<void> {
  last().answer({ items, next });
  await settle();
}
const ids = (pages: Pages<{ id: string }>): string[] => pages.items.value.map(({ id }) => id);

beforeEach(() => {
  asked = [];
  room.value = "demo";
  wanted.value = true;
  scope = effectScope();
  vi.stubGlobal(
    "fetch",
    (path: string, { signal }: { signal: AbortSignal }) =>
      new Promise<Response>((resolve, reject) => {
        const question: Question = {
          path,
          aborted: false,
          answer: (body) => resolve(new Response(JSON.stringify(body))),
          fail: () => reject(new TypeError("Failed to fetch")),
        };
        signal.addEventListener("abort", () => {
          question.aborted = true;
          reject(new DOMException("", "AbortError"));
        });
        asked.push(question);
      }),
  );
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
});

describe("a list that is read a page at a time", () => {
  it("has its first page, more of it once however often that is asked, and an end", async () => {
    const pages = opened();
    expect(pages.state.value).toBe("first");
    await settle();
    await answered(rows(0, 2), "c2");
    expect([pages.state.value, ids(pages)]).toEqual(["ready", ["s0", "s1"]]);
    const both = Promise.all([pages.more(), pages.more()]);
    await settle();
    expect([asked.length, pages.state.value, last().path]).toEqual([
      2,
      "more",
      "/api/rooms/demo/sales?limit=2&after=c2",
    ]);
    await answered(rows(2, 1), null);
    await both;
    expect([pages.state.value, ids(pages)]).toEqual(["end", ["s0", "s1", "s2"]]);
    await pages.more();
    expect(asked).toHaveLength(2);
  });

  it("says what went wrong, keeps what it has, and asks for the same page again", async () => {
    const pages = opened();
    await settle();
    await answered(rows(0, 2), "c2");
    const more = pages.more();
    await settle();
    last().fail();
    await more;
    expect([pages.state.value, pages.refusal.value?.code, ids(pages)]).toEqual(["failed", CODE.offline, ["s0", "s1"]]);
    void pages.more();
    await settle();
    expect(last().path).toBe("/api/rooms/demo/sales?limit=2&after=c2");
    await answered(rows(2, 1), null);
    expect([pages.state.value, pages.refusal.value]).toEqual(["end", null]);
  });

  it("begins anew with another filter, and takes no answer to the one of before", async () => {
    const pages = opened();
    await settle();
    await answered(rows(0, 2), "c2");
    void pages.more();
    await settle();
    const before = last();
    room.value = "other";
    await nextTick();
    expect([before.aborted, ids(pages), pages.state.value]).toEqual([true, [], "first"]);
    await settle();
    before.answer({ items: rows(9, 1), next: null });
    await answered(rows(5, 1), null);
    expect([last().path, ids(pages)]).toEqual(["/api/rooms/other/sales?limit=2", ["s5"]]);
  });

  it("shows what it has while it is asked for from the beginning, and then only that", async () => {
    const pages = opened();
    await settle();
    await answered(rows(0, 2), "c2");
    void pages.reload();
    await settle();
    expect([ids(pages), last().path]).toEqual([["s0", "s1"], "/api/rooms/demo/sales?limit=2"]);
    await answered(rows(7, 1), null);
    expect([ids(pages), pages.state.value]).toEqual([["s7"], "end"]);
  });

  it("asks nothing while nothing is wanted, and cancels when it is left", async () => {
    wanted.value = false;
    const pages = opened();
    await settle();
    expect([pages.state.value, asked.length]).toEqual(["none", 0]);
    wanted.value = true;
    await settle();
    scope.stop();
    await settle();
    expect([last().aborted, pages.state.value]).toEqual([true, "first"]);
  });

  it("holds so many and says that there are more", async () => {
    const pages = opened();
    await settle();
    await answered(rows(0, ITEMS_MAX + 1), "c");
    expect([pages.state.value, pages.items.value.length]).toEqual(["full", ITEMS_MAX]);
  });
});
