/**
 * The question before something that is noticed and hard to take back. One at a time for a page, shown by its host: ConfirmSheet
 * here, ConfirmDialog at a desk.
 *
 *     if (await askFirst({ title: t("…removeConfirm"), action: t("…remove"), danger: true })) …
 */
import { readonly, shallowRef } from "vue";

/** The button says the deed, not "OK". */
export interface Ask {
  title: string;
  text?: string;
  action: string;
  danger?: boolean;
}

/** Whether the person wants it. */
export type AskFirst = (ask: Ask) => Promise<boolean>;

const asked = shallowRef<Ask | null>(null);
let answer: ((yes: boolean) => void) | undefined;

export const askedNow = readonly(asked);

/** Another question takes the place of one that was not answered, which is a no. */
export const askFirst: AskFirst = (ask) => {
  settleAsk(false);
  asked.value = ask;
  return new Promise((resolve) => (answer = resolve));
};

export function settleAsk(yes: boolean): void {
  const settle = answer;
  answer = undefined;
  asked.value = null;
  settle?.(yes);
}
