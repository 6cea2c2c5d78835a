/** Keeps what was filled in on this phone, and says so, or that it can't. */
import { shallowRef, type ShallowRef } from "vue";
import { useI18n } from "vue-i18n";
import { toast } from "@kit/toast";
import type { FieldRecord, Work } from "../queue/records";
import { StorageError, type StorageFault } from "../queue/store";
import { useQueue } from "../queue/useQueue";

export interface Keeping {
  busy: Readonly<ShallowRef<boolean>>;
  fault: Readonly<ShallowRef<StorageFault | null>>;
  /** Null: it is not kept, and `fault` says why. */
  keep: (work: Work, photo: Blob | null) => Promise<FieldRecord | null>;
}

export function useKeeping(): Keeping {
  const { t } = useI18n();
  const queue = useQueue();
  const busy = shallowRef(false);
  const fault = shallowRef<StorageFault | null>(null);
  return {
    busy,
    fault,
    async keep(work, photo) {
      if (busy.value) return null;
      busy.value = true;
      fault.value = null;
      try {
        const kept = await queue.record(work, photo);
        toast(t("field.kept"), { tone: "good" });
        return kept;
      } catch (thrown) {
        fault.value = thrown instanceof StorageError ? thrown.fault : "blocked";
        return null;
      } finally {
        busy.value = false;
      }
    },
  };
}
