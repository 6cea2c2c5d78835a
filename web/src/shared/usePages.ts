/**
 * A list that is read a page at a time (`?after=`, `{items, next}`), typed by its endpoint:
 *
 *     const rows = usePages("GET /api/rooms/{room}/sales", () => ({ path: { room }, query: { limit: 50 } }));
 *
 *     first --> ready --more--> more --> ready ... end      (full: more than a page should hold)
 *       '---------------'-no answer-> failed --more--> where it was
 *
 * With another path or query the list begins anew, and answers to what was asked before are dropped. Two who ask for more at once
 * ask once. Leaving the page cancels what is asked.
 */
import { onScopeDispose, shallowReadonly, shallowRef, watch, type ShallowRef } from "vue";
import { call, type EndpointName, type Given, type Query, type Reply } from "./api";
import { asRefusal, CODE, type Refusal } from "./refusal";

/** The endpoints whose replies are pages. */
export type PagedName = {
  [Name in EndpointName]: Reply<Name> extends { items: readonly unknown[]; next: string | null }
    ? Query<Name> extends null
      ? never
      : Name
    : never;
}[EndpointName];
export type Item<Name extends PagedName> = Reply<Name>["items"][number];

/** `none`: nothing is wanted yet. `full`: there are more, and they are not kept. */
export type PagesState = "none" | "first" | "ready" | "more" | "end" | "full" | "failed";

export interface Pages<Row> {
  items: Readonly<ShallowRef<readonly Row[]>>;
  state: Readonly<ShallowRef<PagesState>>;
  /** Why the last page is not there. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  /** The next page, or the one that could not be had; resolves when that is settled. */
  more: () => Promise<void>;
  /** From the beginning; what is shown stays until the answer is there. */
  reload: () => Promise<void>;
}

export const ITEMS_MAX = 2_000;

/** `given`: path and query, reactive; null while there is nothing to ask for. */
export function usePages<Name extends PagedName>(
  name: Name,
  given: () => Omit<Given<Name>, "signal" | "key"> | null,
): Pages<Item<Name>> {
  const items = shallowRef<readonly Item<Name>[]>([]);
  const state = shallowRef<PagesState>("none");
  const refusal = shallowRef<Refusal | null>(null);
  let next: string | null = null;
  let asking: { abort: AbortController; done: Promise<void> } | null = null;

  function stop(): void {
    asking?.abort.abort();
    asking = null;
  }

  async function ask(after: string | null, signal: AbortSignal): Promise<void> {
    const wanted = given() as { query?: object } | null;
    if (wanted === null) return;
    state.value = after === null ? "first" : "more";
    try {
      const query = { ...wanted.query, after };
      const typed = call as (endpoint: Name, options: unknown) => Promise<{ items: Item<Name>[]; next: string | null }>;
      const page = await typed(name, { ...wanted, query, signal });
      if (signal.aborted) return;
      const all = after === null ? page.items : [...items.value, ...page.items];
      items.value = all.slice(0, ITEMS_MAX);
      next = page.next;
      refusal.value = null;
      state.value = next === null ? "end" : all.length >= ITEMS_MAX ? "full" : "ready";
    } catch (thrown) {
      const why = asRefusal(thrown);
      if (signal.aborted || why.code === CODE.cancelled) return;
      refusal.value = why;
      state.value = "failed";
    }
  }

  function begin(after: string | null): Promise<void> {
    const abort = new AbortController();
    const done = ask(after, abort.signal).finally(() => {
      if (asking?.abort === abort) asking = null;
    });
    asking = { abort, done };
    return done;
  }

  function reload(): Promise<void> {
    stop();
    next = null;
    return begin(null);
  }

  watch(
    () => JSON.stringify(given()),
    () => {
      stop();
      items.value = [];
      next = null;
      refusal.value = null;
      state.value = "none";
      void begin(null);
    },
    { immediate: true },
  );
  onScopeDispose(stop);

  return {
    items: shallowReadonly(items),
    state: shallowReadonly(state),
    refusal: shallowReadonly(refusal),
    async more() {
      if (asking) return asking.done;
      if (state.value === "ready" || state.value === "failed") await begin(next);
    },
    reload,
  };
}
