/**
 * A form at work: what is typed, what is wrong with it (shown once it was tried), whether something was changed, and sending it
 * once. The first field with a fault comes into sight and takes the focus. What the server refuses is a fault as well, until
 * something is changed.
 *
 *     const { form, faults, changed, busy, begin, submit } = useForm({
 *       empty: emptyCardForm,
 *       check: checkCard,
 *       names: CARD_NAMES,
 *       send: (body) => commands.pin(body),
 *       sent: () => (open.value = false),
 *     });
 *     watch(open, (now) => now && begin());
 *     <form ref="root" @submit.prevent="submit()">
 */
import {
  computed,
  getCurrentInstance,
  nextTick,
  reactive,
  readonly,
  shallowReadonly,
  shallowRef,
  useTemplateRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from "vue";
import type { Refusal } from "@shared/refusal";
import type { Checked, Faults } from "./checked";
import type { Outcome } from "./outcome";
import { refusedField, type Names } from "./refused";

export interface FormOptions<Form extends object, Body, Field extends string, Reply> {
  /** How it begins. */
  empty: () => Form;
  check: (form: Form) => Checked<Body, Field>;
  /** The server's names of its fields. */
  names: Names<Field>;
  /** Tells of a refusal itself where it is about none of the fields. */
  send: (body: Body) => Promise<Outcome<Reply>>;
  sent?: (reply: Reply) => unknown;
  refused?: (refusal: Refusal) => unknown;
}

export interface FormAtWork<Form extends object, Body, Field extends string, Reply> {
  form: Form;
  faults: ComputedRef<Faults<Field>>;
  /** Whether it differs from how it began, by whatever it was changed: closing would lose that. */
  changed: ComputedRef<boolean>;
  /** Why the server did not take it, until something is changed. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  /** It is being sent. */
  busy: Readonly<Ref<boolean>>;
  /** How often it has begun: the key of a part that keeps something of its own, such as a picture being sent. */
  times: Readonly<Ref<number>>;
  /** Begins anew, filled in with this: nothing was tried, nothing changed. */
  begin: (filled?: Partial<Form>) => void;
  /** Sends it where nothing is wrong with it, and else shows what is; by another way than the usual one where it has two. */
  submit: (another?: (body: Body) => Promise<Outcome<Reply>>) => Promise<void>;
}

/** What holds the fields is the template's `ref="root"`; those with a fault say so by aria-invalid. A library's form is a component. */
type Root = HTMLElement | { $el: unknown };

export function useForm<Form extends object, Body, Field extends string, Reply>(
  options: FormOptions<Form, Body, Field, Reply>,
): FormAtWork<Form, Body, Field, Reply> {
  const { empty, check, names, send, sent } = options;
  const form = reactive(empty()) as Form;
  const root = getCurrentInstance() ? useTemplateRef<Root>("root") : shallowRef<Root | null>(null);
  const tried = shallowRef(false);
  const busy = shallowRef(false);
  const times = shallowRef(0);
  const refused = shallowRef<Faults<Field>>({});
  const refusal = shallowRef<Refusal | null>(null);
  const first = shallowRef(JSON.stringify(form));

  async function showFirst(): Promise<void> {
    await nextTick();
    const holder = root.value instanceof HTMLElement ? root.value : root.value?.$el;
    const field = holder instanceof Element ? holder.querySelector<HTMLElement>("[aria-invalid=true]") : null;
    // The middle, where neither a keyboard nor the foot of a sheet lies over it.
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }

  async function submit(another?: (body: Body) => Promise<Outcome<Reply>>): Promise<void> {
    if (busy.value) return;
    tried.value = true;
    const { body } = check(form);
    if (body === null) return await showFirst();
    busy.value = true;
    const outcome = await (another ?? send)(body).finally(() => (busy.value = false));
    if (outcome.ok) return void (await sent?.(outcome.reply));
    if (!outcome.refusal) return;
    await options.refused?.(outcome.refusal);
    refusal.value = outcome.refusal;
    refused.value = refusedField(outcome.refusal, names);
    if (Object.keys(refused.value).length > 0) await showFirst();
  }

  function forget(): void {
    refused.value = {};
    refusal.value = null;
  }
  watch(form, forget, { deep: true });

  return {
    form,
    faults: computed(() => (tried.value ? { ...refused.value, ...check(form).faults } : {})),
    changed: computed(() => JSON.stringify(form) !== first.value),
    refusal: shallowReadonly(refusal),
    busy: readonly(busy),
    times: readonly(times),
    begin(filled) {
      Object.assign(form, empty(), filled);
      tried.value = false;
      forget();
      times.value++;
      first.value = JSON.stringify(form);
    },
    submit,
  };
}
