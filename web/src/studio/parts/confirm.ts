/** Asks before something that viewers notice and that is hard to take back. */
import { shallowRef, type InjectionKey, type ShallowRef } from "vue";

export interface Request {
  title: string;
  text?: string;
  /** What the button says: the deed itself, not "OK". */
  action: string;
  danger?: boolean;
}

export interface Confirm {
  request: Readonly<ShallowRef<Request | null>>;
  ask: (request: Request) => Promise<boolean>;
  settle: (yes: boolean) => void;
}

export const CONFIRM: InjectionKey<Confirm> = Symbol("confirm");

export function createConfirm(): Confirm {
  const request = shallowRef<Request | null>(null);
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
