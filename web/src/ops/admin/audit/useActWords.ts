/** What an act is called: our words for the types we know, and the type itself for others. */
import { useI18n } from "vue-i18n";
import type { AuditEntry } from "@shared/api-types";

export function useActWords(): (act: Pick<AuditEntry, "type">) => string {
  const { t, te } = useI18n();
  return ({ type }) => {
    // The fallback locale has every key.
    const known = [`ops.admin.audit.type.${type}`, `ops.log.type.${type}`].find((key) => te(key, "zh-CN"));
    return known ? t(known) : type;
  };
}
