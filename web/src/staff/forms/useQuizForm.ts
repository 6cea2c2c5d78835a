/** The form of a quiz: open while there is a `draft`, which it begins with. A preset comes filled in, but for the right answer. */
import { computed, nextTick, useTemplateRef, watch } from "vue";
import { useI18n } from "vue-i18n";
import { useShopZone } from "@shared/shop-zone";
import { useForm } from "@kit/forms/useForm";
import { useStaffRoom } from "../commands";
import { useCouponTitle } from "../coupon-title";
import { QUIZ_NAMES } from "./names";
import { checkQuiz, emptyQuizForm, type QuizForm } from "./quiz";

export function useQuizForm(draft: () => QuizForm | null, close: () => void) {
  const { t } = useI18n();
  const { staff, commands } = useStaffRoom();
  const titleOf = useCouponTitle();
  const zone = useShopZone();
  const prize = useTemplateRef<HTMLElement>("prize");
  const { begin, ...work } = useForm({
    empty: emptyQuizForm,
    check: (form) => checkQuiz(form, titleOf(form.terms), staff.room.serverNow(), zone.value),
    names: QUIZ_NAMES,
    send: (body) => commands.openQuiz(body),
    sent: close,
  });
  watch(draft, (next) => {
    if (next)
      begin({
        ...next,
        options: [...next.options],
        terms: { ...next.terms, title: t("staff.quiz.prizeDefault") },
      });
  });

  return {
    ...work,
    open: computed({ get: () => draft() !== null, set: (value) => !value && close() }),
    /** The fields of the prize, `ref="prize"`, come into sight with it. */
    async switchPrize(on: boolean): Promise<void> {
      await nextTick();
      if (on) prize.value?.scrollIntoView({ block: "nearest" });
    },
  };
}
