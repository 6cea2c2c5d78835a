/**
 * Which of some tabs is shown, kept in the address (`?tab=log`), so that a page that is loaded anew, or sent to somebody, shows
 * what it showed. Another tab is no step of the history.
 */
import { computed, shallowRef, watch, type WritableComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

/** The first of `tabs` is shown where the address says nothing, or what is none. */
export function useTab<Tab extends string>(tabs: readonly [Tab, ...Tab[]]): WritableComputedRef<Tab> {
  const route = useRoute();
  const router = useRouter();
  const shown = shallowRef(asked());

  function asked(): Tab {
    return tabs.find((tab) => tab === route.query.tab) ?? tabs[0];
  }

  watch(
    () => route.query.tab,
    () => (shown.value = asked()),
  );
  return computed({
    get: () => shown.value,
    set(tab) {
      shown.value = tab;
      void router.replace({ query: { ...route.query, tab: tab === tabs[0] ? undefined : tab } });
    },
  });
}
