// A form has changed when it differs from how it began, by whatever it was changed, and shows faults once it was tried.
import { describe, expect, it } from "vitest";
import { nextTick, reactive, shallowRef } from "vue";
import { CODE, Refusal } from "@shared/refusal";
import { checkQuiz, emptyQuizForm } from "./quiz";
import { QUIZ_NAMES } from "./refused";
import { useForm } from "./useForm";

const begin = () => {
  const form = reactive({
    ...emptyQuizForm(),
    question: "How long?",
    options: ["a", "b"],
    correctChoice: 1 as number | null,
  });
  return { form, work: useForm(form, () => checkQuiz(form), shallowRef(null), QUIZ_NAMES) };
};

describe("a form", () => {
  it.each<[string, (form: ReturnType<typeof begin>["form"]) => unknown]>([
    ["a line", (form) => (form.question = "When?")],
    ["a switch", (form) => (form.prize = true)],
    ["a choice", (form) => (form.durationS = 60)],
    ["the right answer", (form) => (form.correctChoice = 0)],
    ["one more option", (form) => form.options.push("")],
    ["a stepper, to no number", (form) => (form.winnersMax = Number.NaN)],
  ])("has changed by %s", (_, change) => {
    const { form, work } = begin();
    expect(work.changed.value).toBe(false);
    change(form);
    expect(work.changed.value).toBe(true);
    work.reset();
    expect(work.changed.value).toBe(false);
  });

  it("has not changed once it is what it was again", () => {
    const { form, work } = begin();
    form.prize = true;
    form.prize = false;
    expect(work.changed.value).toBe(false);
  });

  it("shows what is wrong once it was tried, and what the server refused until it is changed", async () => {
    const { form, work } = begin();
    form.question = "";
    expect(work.faults.value).toEqual({});
    expect(work.tried()).toBeNull();
    expect(work.faults.value).toEqual({ question: "required" });
    form.question = "Why?";
    await nextTick();
    expect(work.tried()?.question).toBe("Why?");
    work.refused(
      new Refusal({ code: CODE.badRequest, name: "", message: "", field: "duration_s" } as ConstructorParameters<
        typeof Refusal
      >[0]),
    );
    expect(work.faults.value).toEqual({ durationS: "refused" });
    form.durationS = 15;
    await nextTick();
    expect(work.faults.value).toEqual({});
  });
});
