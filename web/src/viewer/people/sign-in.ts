/** Asking a guest to sign in: whatever needs a person awaits this, and the sheet answers it. */
import { readonly, shallowRef } from "vue";
import { useSession } from "@app/useSession";

const waiting = shallowRef<((signedIn: boolean) => void) | null>(null);

/** The sheet is open while this is set. */
export const signInWaiting = readonly(waiting);

/** True once somebody is signed in; false if they would rather not. */
export async function requireSignIn(): Promise<boolean> {
  if (useSession().isSignedIn) return true;
  waiting.value?.(false);
  return new Promise((resolve) => {
    waiting.value = resolve;
  });
}

export function settleSignIn(signedIn: boolean): void {
  waiting.value?.(signedIn);
  waiting.value = null;
}
