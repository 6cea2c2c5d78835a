/**
 * Passkeys: the browser asks the person, the server checks what it gives (livehub/people/signin/passkeys.py). The library is
 * loaded with the first of them.
 */
import type { SessionStore } from "@app/useSession";
import { call } from "@shared/api";
import { CODE, Refusal } from "@shared/refusal";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";

/** Whether this browser has them; where pages are not secure none has. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === "function";
}

/** False: the person would rather not, or has none for us. Throws Refusal. */
export async function signInByPasskey(session: Pick<SessionStore, "app" | "signInBy">): Promise<boolean> {
  const { app } = session;
  const { options } = await call("POST /api/sign-in/passkey/options", { body: { app } });
  const credential = await asked(async () => {
    const { startAuthentication } = await import("@simplewebauthn/browser");
    return startAuthentication({ optionsJSON: options as unknown as PublicKeyCredentialRequestOptionsJSON });
  });
  if (credential === null || credential === "here") return false;
  await session.signInBy(() => call("POST /api/sign-in/passkey", { body: { credential: { ...credential }, app } }));
  return true;
}

/** `here`: this device has one of theirs already. Null: they would rather not. Throws Refusal. */
export async function makePasskey(): Promise<"made" | "here" | null> {
  const { options } = await call("POST /api/me/passkeys/options", { body: {} });
  const credential = await asked(async () => {
    const { startRegistration } = await import("@simplewebauthn/browser");
    return startRegistration({ optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON });
  });
  if (credential === null || credential === "here") return credential;
  await call("POST /api/me/passkeys", { body: { credential: { ...credential } } });
  return "made";
}

async function asked<Credential>(ask: () => Promise<Credential>): Promise<Credential | "here" | null> {
  try {
    return await ask();
  } catch (thrown) {
    const name = thrown instanceof Error ? thrown.name : "";
    // Also for a time that ran out, and for none that fits: browsers don't tell these apart, so that pages can't.
    if (name === "NotAllowedError" || name === "AbortError") return null;
    if (name === "InvalidStateError") return "here";
    throw new Refusal({ code: CODE.passkeyRefused, name: "passkey_refused", message: String(thrown) });
  }
}
