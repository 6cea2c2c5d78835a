/** What a person is called where they are named: by their name, or in words once their account is erased, which leaves it empty. */
import { useI18n } from "vue-i18n";

/** Begins the ids that stand in place of those of erased people. */
const STAND_IN = "erased-";

/** With an id, somebody who is not erased and whose name is not known is called by that. */
export function usePersonName(): (name: string, id?: string) => string {
  const { t } = useI18n();
  return (name, id = STAND_IN) => name || (id.startsWith(STAND_IN) ? t("shared.erased") : id);
}
