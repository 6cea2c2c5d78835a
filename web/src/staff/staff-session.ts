/** Whether this browser may work here: a staff token from a link, from before, or pasted. */
import { computed, ref, shallowRef, type ComputedRef } from "vue";
import { asRefusal, CODE, Refusal } from "@shared/refusal";
import { mayEnter, STAFF } from "@shared/pages/roles";
import { createSession, type Session, type SessionKey } from "@shared/session";

/** `unknown`: the server could not be asked. */
export type Access = "checking" | "needed" | "forbidden" | "unknown" | "granted";

export interface StaffSession {
  session: Session;
  access: ComputedRef<Access>;
  /** Why the last token was not good enough. */
  refusal: ComputedRef<Refusal | null>;
  /** Whether the person may edit what holds for all rooms. */
  mayEditHouse: ComputedRef<boolean>;
  check: () => Promise<void>;
  /** Takes a token, or a whole sign-in link that holds one. */
  enter: (text: string) => Promise<void>;
  /** The server refused the token in use. */
  expire: (why: Refusal) => void;
  leave: () => void;
}

export function createStaffSession(key: SessionKey): StaffSession {
  const session = createSession(key);
  const checking = ref(true);
  const unknown = ref(false);
  const refusal = shallowRef<Refusal | null>(null);

  async function attempt(work: () => Promise<void>): Promise<void> {
    checking.value = true;
    unknown.value = false;
    refusal.value = null;
    const had = session.token.value !== null;
    try {
      await work();
      if (had && session.token.value === null) refusal.value = badToken();
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
      unknown.value = !isVerdict(refusal.value);
    }
    checking.value = false;
  }

  const enter = (text: string): Promise<void> => attempt(() => session.adopt(tokenIn(text)));

  return {
    session,
    refusal: computed(() => refusal.value ?? session.linkRefusal.value),
    access: computed(() => {
      if (checking.value) return "checking";
      if (unknown.value) return "unknown";
      const role = session.person.value?.role;
      if (!session.token.value || !role) return "needed";
      return mayEnter(STAFF, role) ? "granted" : "forbidden";
    }),
    mayEditHouse: computed(() => ["ops", "admin"].includes(session.person.value?.role ?? "")),
    check: () => attempt(() => session.ensure({ guest: false })),
    enter,
    expire(why) {
      session.signOut();
      refusal.value = why;
    },
    leave() {
      session.signOut();
      refusal.value = null;
    },
  };
}

function isVerdict({ code }: Refusal): boolean {
  return code === CODE.badToken || code === CODE.unauthenticated || code === CODE.forbidden;
}

function badToken(): Refusal {
  return new Refusal({ code: CODE.badToken, name: "bad_token", message: "" });
}

/** The token in what was pasted: a bare one, or a link with `#token=`. */
export function tokenIn(text: string): string {
  const trimmed = text.trim();
  return /[#&]token=([^&\s]+)/.exec(trimmed)?.[1] ?? trimmed;
}
