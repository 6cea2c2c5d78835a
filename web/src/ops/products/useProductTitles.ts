/** What products are called that a page knows by their ids alone: asked for once each, the id until it is known. */
import { shallowRef, watch } from "vue";
import { call } from "@shared/api";
import type { ProductPage } from "@shared/api-types";
import { language } from "@shared/i18n";
import { inLanguage } from "@shared/words";

/** Of one page; what is beyond it keeps its id. */
const ASKED_MAX = 60;

/** Within a component. */
export function useProductTitles(ids: () => readonly string[]): (id: string) => string {
  const known = shallowRef<ReadonlyMap<string, ProductPage>>(new Map());
  const asked = new Set<string>();
  async function ask(id: string): Promise<void> {
    const page = await call("GET /api/products/{product}", { path: { product: id } }).catch(() => null);
    if (page) known.value = new Map([...known.value, [id, page]]);
  }
  watch(
    ids,
    (now) => {
      for (const id of now) {
        if (asked.size >= ASKED_MAX || asked.has(id)) continue;
        asked.add(id);
        void ask(id);
      }
    },
    { immediate: true },
  );
  return (id) => {
    const page = known.value.get(id);
    return page ? inLanguage(page, language.value).title : id;
  };
}
