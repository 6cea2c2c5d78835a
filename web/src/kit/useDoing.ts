/** Something that a button does: busy meanwhile, and told in words when it is refused. */
import { readonly, shallowRef, type Ref } from "vue";
import { asRefusal, CODE } from "@shared/refusal";
import { useRefusalText } from "@shared/refusal-text";
import { toast } from "./toast";

export interface Doing {
  busy: Readonly<Ref<boolean>>;
  /** One at a time. True: it was done. */
  run: (act: () => Promise<unknown>) => Promise<boolean>;
}

export function useDoing(): Doing {
  const refusalText = useRefusalText();
  const busy = shallowRef(false);
  return {
    busy: readonly(busy),
    async run(act) {
      if (busy.value) return false;
      busy.value = true;
      try {
        await act();
        return true;
      } catch (thrown) {
        // Who would rather not knows that.
        if (asRefusal(thrown).code !== CODE.cancelled) toast(refusalText(thrown), { tone: "bad" });
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}
