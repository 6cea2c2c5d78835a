/** The lots of batches that a page knows by their ids: asked for once each, the id until it is known. */
import { shallowRef, watch } from "vue";
import { call } from "@shared/api";
import { useRights } from "../admin/useRights";

const ASKED_MAX = 60;

/** Within a component. */
export function useLots(ids: () => readonly string[]): (id: string) => string {
  const rights = useRights();
  const known = shallowRef<ReadonlyMap<string, string>>(new Map());
  const asked = new Set<string>();
  async function ask(batch: string): Promise<void> {
    const found = await call("GET /api/batches/{batch}", { path: { batch } }).catch(() => null);
    if (found) known.value = new Map([...known.value, [batch, found.lot]]);
  }
  watch(
    ids,
    (now) => {
      for (const id of now) {
        if (!rights.may("record_steps") || asked.size >= ASKED_MAX || asked.has(id)) continue;
        asked.add(id);
        void ask(id);
      }
    },
    { immediate: true },
  );
  return (id) => known.value.get(id) ?? id;
}
