/** Whether this browser may work here: who is here, and whether they are staff. */
import { computed, ref, shallowRef, type ComputedRef } from "vue";
import { useSession, type SessionStore } from "@app/useSession";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { mayEnter, STAFF, type Role } from "@shared/pages/roles";

/** `unknown`: the server could not be asked. */
export type Access = "checking" | "needed" | "forbidden" | "unknown" | "granted";

export interface StaffSession {
  session: SessionStore;
  access: ComputedRef<Access>;
  /** Why nobody is let in. */
  refusal: ComputedRef<Refusal | null>;
  /** Whether the person may edit what holds for all rooms. */
  mayEditHouse: ComputedRef<boolean>;
  /** Asks once more who is here. */
  check: () => Promise<void>;
  /** Takes a token, or a whole sign-in link that holds one. */
  enter: (text: string) => Promise<void>;
  /** Throws Refusal when the server could not be told: then nobody has left. */
  leave: () => Promise<void>;
}

/** `roles`: those that may work here. */
export function createStaffSession(session: SessionStore = useSession(), roles: readonly Role[] = STAFF): StaffSession {
  const checking = ref(false);
  /** Why what was given last is no good. */
  const refusal = shallowRef<Refusal | null>(null);

  async function attempt(work: () => Promise<void>): Promise<void> {
    checking.value = true;
    refusal.value = null;
    await work().catch((thrown: unknown) => (refusal.value = asRefusal(thrown)));
    checking.value = false;
  }

  return {
    session,
    refusal: computed(() => refusal.value ?? session.linkRefusal ?? (session.token === null ? session.trouble : null)),
    access: computed(() => {
      if (checking.value || !session.isKnown) return "checking";
      const role = session.person?.role;
      if (role) return mayEnter(roles, role) ? "granted" : "forbidden";
      return session.trouble && !isVerdict(session.trouble) ? "unknown" : "needed";
    }),
    mayEditHouse: computed(() => ["ops", "admin"].includes(session.person?.role ?? "")),
    check: () => attempt(session.refresh),
    enter: (text) => attempt(() => session.signInByToken(tokenIn(text))),
    leave: session.signOut,
  };
}

function isVerdict({ code }: Refusal): boolean {
  return VERDICTS.has(code);
}

const VERDICTS: ReadonlySet<number> = new Set([
  CODE.badToken,
  CODE.sessionEnded,
  CODE.unauthenticated,
  CODE.forbidden,
  CODE.signInClosed,
]);

/** The token in what was pasted: a bare one, or a link with `#token=`. */
export function tokenIn(text: string): string {
  const trimmed = text.trim();
  return /[#&]token=([^&\s]+)/.exec(trimmed)?.[1] ?? trimmed;
}
