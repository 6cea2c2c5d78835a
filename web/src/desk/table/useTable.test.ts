// A table's rows come page by page, begin anew with other filters, and an answer that is late is nobody's.
import { describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, shallowRef } from "vue";
import { CODE, Refusal } from "@shared/refusal";
import type { TableQuery } from "./query";
import { ROWS_MAX, useTable, type Page } from "./useTable";

type Answer = {
  query: TableQuery;
  after: string | null;
  give: (page: Page<string>) => void;
  fail: (why: Error) => void;
};

function table() {
  const asked: Answer[] = [];
  const query = shallowRef<TableQuery>({});
  const load = vi.fn(
    (now: TableQuery, after: string | null) =>
      new Promise<Page<string>>((give, fail) => asked.push({ query: now, after, give, fail })),
  );
  const work = effectScope().run(() => useTable(load, query)) as ReturnType<typeof useTable<string>>;
  return { ...work, asked, query };
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("a table", () => {
  it("has one page after the other, until there is none", async () => {
    const { rows, more, loading, loadMore, asked } = table();
    expect([loading.value, asked.length]).toEqual([true, 1]);
    asked[0]?.give({ items: ["a", "b"], next: "2" });
    await settled();
    expect([rows.value, more.value, loading.value]).toEqual([["a", "b"], true, false]);
    void loadMore();
    void loadMore();
    expect(asked.map(({ after }) => after)).toEqual([null, "2"]);
    asked[1]?.give({ items: ["c"], next: null });
    await settled();
    expect([rows.value, more.value]).toEqual([["a", "b", "c"], false]);
    await loadMore();
    expect(asked.length).toBe(2);
  });

  it("begins anew with another filter, and drops what was asked for before", async () => {
    const { rows, query, asked } = table();
    query.value = { kind: "chat" };
    await nextTick();
    asked[1]?.give({ items: ["chat"] });
    asked[0]?.give({ items: ["all"] });
    await settled();
    expect([rows.value, asked[1]?.query]).toEqual([["chat"], { kind: "chat" }]);
  });

  it("keeps its rows where a page is refused, and says why", async () => {
    const { rows, refusal, more, loadMore, reload, asked } = table();
    asked[0]?.give({ items: ["a"], next: "2" });
    await settled();
    void loadMore();
    asked[1]?.fail(new Refusal({ code: CODE.tooFast, name: "too_fast", message: "" }));
    await settled();
    expect([rows.value, refusal.value?.code, more.value]).toEqual([["a"], CODE.tooFast, true]);
    void reload();
    asked[2]?.give({ items: ["b"] });
    await settled();
    expect([rows.value, refusal.value]).toEqual([["b"], null]);
  });

  it("holds so many rows and no more", async () => {
    const { rows, more, asked } = table();
    asked[0]?.give({ items: Array.from({ length: ROWS_MAX + 5 }, (_, n) => String(n)), next: "on" });
    await settled();
    expect([rows.value.length, more.value]).toEqual([ROWS_MAX, false]);
  });
});
