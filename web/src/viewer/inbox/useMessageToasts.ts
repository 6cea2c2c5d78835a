/** Says a message to this person in a few words, on whatever page they are. What a room shows by itself is not said twice. */
import { useI18n } from "vue-i18n";
import { useInbox } from "@app/inbox";
import { toast } from "@kit/toast";
import { language } from "@shared/i18n";

export function useMessageToasts(): void {
  const { t } = useI18n();
  useInbox().onShow((message) => {
    if (message.kind === "hold") toast(t("viewer.sale.turn"), { tone: "good", icon: "bolt" });
    else if (message.kind === "export_ready") toast(t("viewer.inbox.export"), { tone: "good", icon: "download" });
    else if (message.kind === "notice") toast(message.titles[language.value], { icon: "bell" });
    else if (message.kind === "question_answered")
      toast(t("viewer.inbox.answered", { text: message.text }), { tone: "good", icon: "question" });
    else if (message.kind === "coupon_given") toast(t("viewer.inbox.given"), { tone: "good", icon: "gift" });
    else
      toast(t(message.coupon ? "viewer.inbox.won" : "viewer.inbox.placed", { rank: message.rank }), {
        tone: "good",
        icon: "trophy",
      });
    return true;
  });
}
