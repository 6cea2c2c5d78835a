/** Asks before something that viewers notice and that is hard to take back. */
import { shallowRef, type InjectionKey, type ShallowRef } from "vue";
import type { Ask, AskFirst } from "@staff/ask";

export interface Confirm {
  request: Readonly<ShallowRef<Ask | null>>;
  ask: AskFirst;
  settle: (yes: boolean) => void;
}

export const CONFIRM: InjectionKey<Confirm> = Symbol("confirm");

export function createConfirm(): Confirm {
  const request = shallowRef<Ask | null>(null);
  let answer: ((yes: boolean) => void) | undefined;
  function settle(yes: boolean): void {
    request.value = null;
    answer?.(yes);
    answer = undefined;
  }
  return {
    request,
    settle,
    ask(next) {
      settle(false);
      request.value = next;
      return new Promise((resolve) => (answer = resolve));
    },
  };
}
