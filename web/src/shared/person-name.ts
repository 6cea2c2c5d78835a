/**
 * What a person is called where they are named: by their name; in words of the page's language where the server has given one for
 * want of another, or once their account is erased, which leaves it empty.
 */
import { useI18n } from "vue-i18n";

/** Begins the ids that stand in place of those of erased people. */
const STAND_IN = "erased-";
/** The server's name for who has given none. */
export const UNNAMED = "Guest";

/** With an id, somebody who is not erased and whose name is not known is called by that. */
export function usePersonName(): (name: string, id?: string) => string {
  const { t } = useI18n();
  return (name, id = STAND_IN) => {
    if (name === UNNAMED) return t("shared.guest");
    return name || (id.startsWith(STAND_IN) ? t("shared.erased") : id);
  };
}
