// @vitest-environment jsdom
// A form has changed when it differs from how it began, by whatever it was changed, shows faults once it was tried, and is sent once.
import { describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import { CODE, Refusal } from "@shared/refusal";
import { checked, type Faults } from "./checked";
import type { Outcome } from "./outcome";
import { useForm } from "./useForm";

interface Form {
  question: string;
  prize: boolean;
  options: string[];
  seconds: number;
}

const EMPTY = (): Form => ({ question: "How long?", prize: false, options: ["a", "b"], seconds: 30 });

const begin = (send: (form: Form) => Promise<Outcome<string>> = () => Promise.resolve({ ok: true, reply: "made" })) => {
  const sent = vi.fn();
  const sending = vi.fn(send);
  const work = useForm({
    empty: EMPTY,
    check(form) {
      const faults: Faults<"question" | "seconds"> = {};
      if (form.question === "") faults.question = "required";
      return checked(faults, () => ({ ...form }));
    },
    names: { question: "question", duration_s: "seconds" },
    send: sending,
    sent,
  });
  return { ...work, sending, sent };
};
const refusal = (field: string): Refusal =>
  new Refusal({ code: CODE.badRequest, name: "", message: "", field } as ConstructorParameters<typeof Refusal>[0]);

describe("a form", () => {
  it.each<[string, (form: Form) => unknown]>([
    ["a line", (form) => (form.question = "When?")],
    ["a switch", (form) => (form.prize = true)],
    ["one more option", (form) => form.options.push("")],
    ["a stepper, to no number", (form) => (form.seconds = Number.NaN)],
  ])("has changed by %s", (_, change) => {
    const { form, changed, begin: anew } = begin();
    expect(changed.value).toBe(false);
    change(form);
    expect(changed.value).toBe(true);
    anew();
    expect([changed.value, form]).toEqual([false, EMPTY()]);
  });

  it("has not changed once it is what it was again", () => {
    const { form, changed } = begin();
    form.prize = true;
    form.prize = false;
    expect(changed.value).toBe(false);
  });

  it("begins filled in, which is no change", () => {
    const { form, changed, begin: anew } = begin();
    anew({ question: "Why?" });
    expect([form.question, form.seconds, changed.value]).toEqual(["Why?", 30, false]);
  });

  it("shows what is wrong once it was tried, and sends nothing", async () => {
    const { form, faults, submit, sending } = begin();
    form.question = "";
    expect(faults.value).toEqual({});
    await submit();
    expect([faults.value, sending.mock.calls.length]).toEqual([{ question: "required" }, 0]);
  });

  it("is sent once, however often it is pressed, and tells the reply", async () => {
    let answer: (outcome: Outcome<string>) => void = () => undefined;
    const { busy, submit, sending, sent } = begin(() => new Promise((resolve) => (answer = resolve)));
    const first = submit();
    await submit();
    expect([busy.value, sending.mock.calls.length]).toEqual([true, 1]);
    answer({ ok: true, reply: "made" });
    await first;
    expect([busy.value, sent.mock.calls]).toEqual([false, [["made"]]]);
  });

  it("shows what the server refused until it is changed", async () => {
    const { form, faults, submit, sent } = begin(() => Promise.resolve({ ok: false, refusal: refusal("duration_s") }));
    await submit();
    expect([faults.value, sent.mock.calls.length]).toEqual([{ seconds: "refused" }, 0]);
    form.seconds = 15;
    await nextTick();
    expect(faults.value).toEqual({});
  });

  it("can be sent by another way", async () => {
    const { submit, sending, sent } = begin();
    await submit(() => Promise.resolve({ ok: true, reply: "put away" }));
    expect([sending.mock.calls.length, sent.mock.calls]).toEqual([0, [["put away"]]]);
  });
});
