/** Asks before something that viewers notice; the button says the deed. */
import { ElMessageBox } from "element-plus";
import { useI18n } from "vue-i18n";
import type { AskFirst } from "@staff/ask";

export function useConfirm(): AskFirst {
  const { t } = useI18n();
  return ({ title, text = "", action, danger = false }) =>
    ElMessageBox.confirm(text, title, {
      confirmButtonText: action,
      cancelButtonText: t("shared.action.cancel"),
      confirmButtonClass: danger ? "el-button--danger" : "",
      autofocus: true,
    }).then(
      () => true,
      () => false,
    );
}
