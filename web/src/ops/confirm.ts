/** Asks before something that viewers notice; the button says the deed. */
import { ElMessageBox } from "element-plus";
import { useI18n } from "vue-i18n";

export interface Ask {
  title: string;
  text?: string;
  action: string;
  danger?: boolean;
}

export function useConfirm(): (ask: Ask) => Promise<boolean> {
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
