/**
 * What is wrong with a form, shown once it was tried: the first field with a fault comes into sight and takes the focus. What
 * the server refuses is a fault as well, until something is changed.
 */
import { computed, nextTick, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import type { Refusal } from "@shared/refusal";
import type { Checked, Faults } from "@staff/forms/checked";
import { refusedField, type Names } from "@staff/forms/refused";

export interface FormFaults<Body, Field extends string> {
  faults: ComputedRef<Faults<Field>>;
  /** The form is new: nothing was tried. */
  reset: () => void;
  /** What to send; null where there are faults, which are shown now. */
  tried: () => Body | null;
  refused: (refusal: Refusal | null) => void;
}

/** `form`: reactive. `root`: the element that holds its fields. */
export function useFaults<Body, Field extends string>(form: object, check: () => Checked<Body, Field>, root: Readonly<Ref<HTMLElement | null>>, names: Names<Field>): FormFaults<Body, Field> {
  const isTried = shallowRef(false);
  const refused = shallowRef<Faults<Field>>({});

  async function showFirst(): Promise<void> {
    await nextTick();
    const field = root.value?.querySelector<HTMLElement>("[aria-invalid=true]");
    // The middle, where neither a keyboard nor the foot of a sheet lies over it.
    (field ?? root.value?.querySelector(".fault"))?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }

  watch(form, () => (refused.value = {}), { deep: true });

  return {
    faults: computed(() => (isTried.value ? { ...refused.value, ...check().faults } : {})),
    reset() {
      isTried.value = false;
      refused.value = {};
    },
    tried() {
      isTried.value = true;
      const { body } = check();
      if (body === null) void showFirst();
      return body;
    },
    refused(refusal) {
      if (!refusal) return;
      refused.value = refusedField(refusal, names);
      if (Object.keys(refused.value).length > 0) void showFirst();
    },
  };
}
