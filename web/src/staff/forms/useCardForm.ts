/** The form of a card that is in no catalogue: pinned at once, or put into the bag. Begins anew with each opening. */
import { computed, shallowRef, watch, type Ref } from "vue";
import { useForm } from "@kit/forms/useForm";
import type { CardPlaced } from "@shared/api-types";
import { language } from "@shared/i18n";
import { useStaffRoom } from "../commands";
import { checkCard, emptyCardForm } from "./card";
import { CARD_NAMES } from "./names";

export function useCardForm(open: Ref<boolean>, placed?: (placed: CardPlaced) => unknown) {
  const { commands } = useStaffRoom();
  const isUploading = shallowRef(false);
  const { begin, submit, ...work } = useForm({
    empty: emptyCardForm,
    check: (form) => checkCard(form, language.value),
    names: CARD_NAMES,
    send: (body) => commands.pin(body),
    sent(reply) {
      placed?.(reply);
      open.value = false;
    },
  });
  watch(open, (now) => now && begin());

  return {
    ...work,
    isUploading,
    busy: computed(() => isUploading.value || work.busy.value),
    hasOther: computed(() => [work.form.titleOther, work.form.subtitleOther, work.form.unitOther].some(Boolean)),
    pin: () => submit(),
    putInBag: () => submit(commands.putInBag),
  };
}
