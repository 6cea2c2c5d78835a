/**
 * A form at work: what is wrong with it, shown once it was tried, and whether something was changed in it. The first field with
 * a fault comes into sight and takes the focus. What the server refuses is a fault as well, until something is changed.
 */
import { computed, nextTick, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import type { Refusal } from "@shared/refusal";
import type { Checked, Faults } from "./checked";
import { refusedField, type Names } from "./refused";

export interface FormAtWork<Body, Field extends string> {
  faults: ComputedRef<Faults<Field>>;
  /** Whether it differs from what it was at the last reset, by whatever it was changed: closing would lose that. */
  changed: ComputedRef<boolean>;
  /** The form is as it should be to begin with: nothing was tried, nothing changed. */
  reset: () => void;
  /** What to send; null where there are faults, which are shown now. */
  tried: () => Body | null;
  refused: (refusal: Refusal | null) => void;
}

/** A kit's form is a component. */
export type Root = HTMLElement | { $el: unknown };

/** `form`: reactive. `root`: what holds its fields; those with a fault say so by aria-invalid. */
export function useForm<Body, Field extends string>(
  form: object,
  check: () => Checked<Body, Field>,
  root: Readonly<Ref<Root | null>>,
  names: Names<Field>,
): FormAtWork<Body, Field> {
  const isTried = shallowRef(false);
  const refused = shallowRef<Faults<Field>>({});
  const first = shallowRef(JSON.stringify(form));

  async function showFirst(): Promise<void> {
    await nextTick();
    const holder = root.value instanceof HTMLElement ? root.value : root.value?.$el;
    const field = holder instanceof Element ? holder.querySelector<HTMLElement>("[aria-invalid=true]") : null;
    // The middle, where neither a keyboard nor the foot of a sheet lies over it.
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }

  watch(form, () => (refused.value = {}), { deep: true });

  return {
    faults: computed(() => (isTried.value ? { ...refused.value, ...check().faults } : {})),
    changed: computed(() => JSON.stringify(form) !== first.value),
    reset() {
      isTried.value = false;
      refused.value = {};
      first.value = JSON.stringify(form);
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
