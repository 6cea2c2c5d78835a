/** The filters of a table, kept in the address: the way back undoes a choice, and a link shows what its sender saw. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import { readQuery, withFilters, type TableQuery } from "./query";

export interface Filters<Name extends string> {
  /** What is chosen; a new object only when something of it changed. */
  query: ComputedRef<TableQuery>;
  /** `null` leaves one out. A choice is a step that can be taken back; typing is none (`typed`). */
  choose: (change: Partial<Record<Name, string | null>>, typed?: boolean) => void;
  clear: () => void;
}

export function useFilters<Name extends string>(...names: Name[]): Filters<Name> {
  const route = useRoute();
  const router = useRouter();
  const key = computed(() => JSON.stringify(readQuery(route.query, names)));
  const query = computed<TableQuery>(() => JSON.parse(key.value) as TableQuery);

  function choose(change: Partial<Record<Name, string | null>>, typed = false): void {
    const next = withFilters(route.query, change as Record<string, string | null>) as LocationQueryRaw;
    void (typed ? router.replace({ query: next }) : router.push({ query: next }));
  }

  return {
    query,
    choose,
    clear: () => choose(Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>),
  };
}
