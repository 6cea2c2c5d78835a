/** The question before what was filled in is lost. */
import type { Ask } from "./confirm";

export const losing = (t: (key: string) => string): Ask => ({
  title: t("shared.form.loseTitle"),
  text: t("shared.form.loseText"),
  action: t("shared.form.lose"),
  danger: true,
});
