/** Words for what the server names by a key, where it may know more of them than we do. */
import { useI18n } from "vue-i18n";

export function useSellingWords() {
  const { t, te } = useI18n();
  /** The fallback locale has every key. */
  const known = (key: string, otherwise: string): string => (te(key, "zh-CN") ? t(key) : otherwise);
  return {
    provider: (name: string): string => known(`ops.selling.provider.${name}`, name),
    /** Why an order was cancelled, or a step was taken. */
    why: (reason: string): string => known(`ops.order.why.${reason}`, reason),
    account(name: string): string {
      const [kind = name, of] = name.split(":");
      const plain = known(`ops.money.account.${name.replace(":", "_")}`, "");
      if (plain || of === undefined) return plain || known(`ops.money.account.${kind}`, name);
      return known(`ops.money.account.${kind}`, kind) + ` · ${known(`ops.selling.provider.${of}`, of)}`;
    },
    finding: (kind: string): string => known(`ops.money.finding.${kind}`, kind),
    /** What is told of a finding beside it: its name, and a value of it that is a word. */
    detail: (name: string): string => known(`ops.money.detail.${name}`, name),
    detailOf: (name: string, value: string): string => known(`ops.money.detailValue.${name}.${value}`, value),
    check: (name: string): string => known(`ops.money.check.${name}`, name),
    /** A reason in words that a buyer or one of us has written, or one of the server's. */
    reason: (text: string): string => known(`ops.case.reason.${text}`, text),
  };
}
