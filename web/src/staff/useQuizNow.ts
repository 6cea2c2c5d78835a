/** A quiz under way: time left, answers so far, the right answer, which only staff see yet, and closing it now. */
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { askFirst } from "@kit/confirm";
import { useNow } from "@kit/useNow";
import type { QuizCard } from "@shared/wire";
import { useStaffRoom } from "./commands";
import { quizMoment } from "./countdown";
import { useFormats } from "./formats";

export function useQuizNow(quiz: () => QuizCard) {
  const { t } = useI18n();
  const { decimal } = useFormats();
  const { staff, commands } = useStaffRoom();
  const now = useNow(staff.room.serverNow, 250);
  const row = computed(() => staff.quizzes.value?.find(({ quiz: other }) => other.id === quiz().id));

  return {
    moment: computed(() => quizMoment(quiz(), now.value)),
    /** Null until it is known. */
    answers: computed(() => row.value?.answers ?? null),
    right: computed(() => {
      if (!row.value) return null;
      const { correct_choice, correct_value } = row.value;
      if (correct_value !== null) return `${decimal(correct_value)} ${quiz().unit ?? ""}`.trim();
      return correct_choice === null ? null : (quiz().options?.[correct_choice] ?? null);
    }),
    closing: computed(() => commands.busy(`quiz_close:${quiz().id}`)),
    async close(): Promise<void> {
      const ask = { title: t("staff.quiz.closeConfirm"), text: quiz().question, action: t("staff.quiz.closeNow") };
      if (await askFirst(ask)) await commands.closeQuiz(quiz().id);
    },
  };
}
