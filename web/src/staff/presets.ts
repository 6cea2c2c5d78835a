/** Quizzes that suit a farm show, ready but for the right answer, which only the host in the field knows. Pure. */
import { emptyQuizForm, type QuizForm } from "./forms/quiz";

export const PRESETS = ["sugar", "weight", "ripening", "picking"] as const;
export type Preset = (typeof PRESETS)[number];

/** `text` looks up `staff.preset.<preset>.<part>`. */
export function presetForm(preset: Preset, text: (part: string) => string): QuizForm {
  const question = text("question");
  switch (preset) {
    case "sugar":
      return { ...emptyQuizForm("number"), question, unit: "°Bx", min: "8", max: "20", step: "0.1", durationS: 60 };
    case "weight":
      return {
        ...emptyQuizForm("number"),
        question,
        unit: text("unit"),
        min: "50",
        max: "300",
        step: "1",
        durationS: 60,
      };
    case "ripening":
    case "picking":
      return { ...emptyQuizForm("choice"), question, options: [text("a"), text("b"), text("c")], durationS: 30 };
  }
}
