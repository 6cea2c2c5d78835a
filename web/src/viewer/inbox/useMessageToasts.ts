/** Says a message to this person in a few words, on whatever page they are. What a room shows by itself is not said twice. */
import { useI18n } from "vue-i18n";
import { useInbox } from "@app/inbox";
import { toast } from "../parts/toasts";

export function useMessageToasts(): void {
  const { t } = useI18n();
  useInbox().onShow((message) => {
    if (message.kind === "hold") toast(t("viewer.sale.turn"), "good", "bolt");
    else if (message.kind === "export_ready") toast(t("viewer.inbox.export"), "good", "download");
    else if (message.kind === "question_answered")
      toast(t("viewer.inbox.answered", { text: message.text }), "good", "question");
    else
      toast(t(message.coupon ? "viewer.inbox.won" : "viewer.inbox.placed", { rank: message.rank }), "good", "trophy");
    return true;
  });
}
