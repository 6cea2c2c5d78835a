/** Asks before something that viewers notice; the button says the deed. */
import { ElMessageBox } from "element-plus";
import { useI18n } from "vue-i18n";
import { noteOpen } from "@shared/overlays/overlays";
import type { AskFirst } from "@staff/ask";

export function useConfirm(): AskFirst {
  const { t } = useI18n();
  return ({ title, text = "", action, danger = false }) =>
    new Promise((resolve) => {
      // Closed by Escape and the way back in the order of what is open. A box that is closed from outside says nothing.
      const close = (): void => {
        ElMessageBox.close();
        settle(false);
      };
      const noteClosed = noteOpen({ close, element: () => null, opener: document.activeElement });
      function settle(yes: boolean): void {
        noteClosed();
        resolve(yes);
      }
      ElMessageBox.confirm(text, title, {
        confirmButtonText: action,
        cancelButtonText: t("shared.action.cancel"),
        confirmButtonClass: danger ? "el-button--danger" : "",
        autofocus: true,
        closeOnPressEscape: false,
        closeOnHashChange: false,
      }).then(
        () => settle(true),
        () => settle(false),
      );
    });
}
