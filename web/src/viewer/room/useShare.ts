/** Sharing the room's address: the system's share sheet, else the clipboard, else the address in words. */
import { useI18n } from "vue-i18n";
import { toast } from "@kit/toast";
import { weChat } from "@kit/wechat";
import { useLiveRoom } from "./live-room";

/** Something in the room, and not the room itself: the query of its address, and its title. */
export interface Shared {
  query: string;
  title?: string | undefined;
}

export function useShare(what?: () => Shared): () => Promise<void> {
  const { t } = useI18n();
  const { room } = useLiveRoom();
  return async () => {
    const shared = what?.();
    const url = location.origin + location.pathname + (shared?.query ?? "");
    const title = shared?.title ?? room.view.value?.title ?? "livehub";
    if (typeof navigator.share === "function") {
      try {
        await navigator.share({ title, text: t("viewer.share.text", { title }), url });
        return;
      } catch (thrown) {
        if (thrown instanceof DOMException && thrown.name === "AbortError") return;
      }
    }
    try {
      await navigator.clipboard.writeText(url);
      toast(t(weChat() ? "viewer.share.inWeChat" : "viewer.share.copied"), { tone: "good", icon: "link" });
    } catch {
      // Outside secure contexts there is no clipboard; the address can still be read and typed.
      toast(url, { icon: "link" });
    }
  };
}
