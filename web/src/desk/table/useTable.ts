/**
 * A table's rows, page by page by the server's cursor: begins anew with other filters, drops an answer that came too late, and
 * holds no more than `ROWS_MAX`, after which only a filter helps.
 */
import { onScopeDispose, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { asRefusal, type Refusal } from "@shared/refusal";
import type { TableQuery } from "./query";

export interface Page<Row> {
  items: readonly Row[];
  /** Where the next page begins; null after the last one. */
  next?: string | null;
}

export interface TableRows<Row> {
  rows: Readonly<ShallowRef<readonly Row[]>>;
  /** Of the first page; the rows of before stay meanwhile. */
  loading: Readonly<Ref<boolean>>;
  loadingMore: Readonly<Ref<boolean>>;
  more: Readonly<Ref<boolean>>;
  refusal: Readonly<ShallowRef<Refusal | null>>;
  loadMore: () => Promise<void>;
  reload: () => Promise<void>;
}

export const ROWS_MAX = 2_000;

export function useTable<Row>(
  load: (query: TableQuery, after: string | null) => Promise<Page<Row>>,
  query: Readonly<Ref<TableQuery>>,
): TableRows<Row> {
  const rows = shallowRef<readonly Row[]>([]);
  const loading = shallowRef(false);
  const loadingMore = shallowRef(false);
  const more = shallowRef(false);
  const refusal = shallowRef<Refusal | null>(null);
  let next: string | null = null;
  let round = 0;

  async function take(after: string | null): Promise<void> {
    const mine = ++round;
    const busy = after === null ? loading : loadingMore;
    loadingMore.value = false;
    busy.value = true;
    try {
      const page = await load(query.value, after);
      if (mine !== round) return;
      rows.value = (after === null ? page.items : [...rows.value, ...page.items]).slice(0, ROWS_MAX);
      next = rows.value.length < ROWS_MAX ? (page.next ?? null) : null;
      more.value = next !== null;
      refusal.value = null;
    } catch (thrown) {
      if (mine === round) refusal.value = asRefusal(thrown);
    } finally {
      if (mine === round) busy.value = false;
    }
  }

  watch(query, () => void take(null), { immediate: true });
  onScopeDispose(() => round++);
  return {
    rows: shallowReadonly(rows),
    loading,
    loadingMore,
    more,
    refusal: shallowReadonly(refusal),
    loadMore: () => (next === null || loading.value || loadingMore.value ? Promise.resolve() : take(next)),
    reload: () => take(null),
  };
}
