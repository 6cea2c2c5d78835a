/** A sign-in link of somebody else was opened: asks whether to change, in words. Nobody is changed before that. */
import { watch } from "vue";
import { useI18n } from "vue-i18n";
import type { SessionStore } from "@app/useSession";
import type { AskFirst } from "@kit/confirm";

export function useSignInOffer(session: SessionStore, ask: AskFirst): void {
  const { t } = useI18n();
  watch(
    () => session.offer,
    async (now) => {
      if (!now) return;
      const words = { name: now.person.name, now: session.person?.name ?? "" };
      await session.decide(
        await ask({
          title: t("shared.offer.title", words),
          text: t("staff.offer", words),
          action: t("shared.offer.take", words),
        }),
      );
    },
    { immediate: true },
  );
}
