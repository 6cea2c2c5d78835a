/** How one signs in here: asked for once, when it is first needed, and again after it could not be had. */
import { shallowReadonly, shallowRef, type ShallowRef } from "vue";
import { call } from "@shared/api";
import type { SignInWays } from "@shared/api-types";
import { asRefusal, type Refusal } from "@shared/refusal";

const ways = shallowRef<SignInWays | null>(null);
const refusal = shallowRef<Refusal | null>(null);
let asking: Promise<void> | null = null;

export const signInWays: Readonly<ShallowRef<SignInWays | null>> = shallowReadonly(ways);
export const waysRefusal: Readonly<ShallowRef<Refusal | null>> = shallowReadonly(refusal);

export function askWays(): Promise<void> {
  if (ways.value) return Promise.resolve();
  asking ??= call("GET /api/sign-in", { anonymous: true })
    .then((told) => {
      ways.value = told;
      refusal.value = null;
    })
    .catch((thrown: unknown) => void (refusal.value = asRefusal(thrown)))
    .finally(() => (asking = null));
  return asking;
}

/** The page that shows the codes, for whoever sits at the machine that runs a demo: nobody else may open it. */
export function mailboxAt(told: SignInWays | null, hostname: string): string | null {
  const isHere = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  return isHere ? (told?.mailbox ?? null) : null;
}
