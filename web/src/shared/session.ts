/**
 * Who is using the page: one token per app in localStorage, so that a viewer, a host and ops can be open in one browser.
 * A sign-in link (`#token=JWT`) is taken over once and removed from the address, so that it is not shared by accident.
 */
import { computed, shallowReadonly, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { call } from "./api";
import type { Person, Session as SessionReply } from "./api-types";
import { asRefusal, CODE } from "./refusal";

export type SessionKey = "livehub.viewer" | "livehub.host" | "livehub.ops";

interface Stored {
  token: string;
  user: Person | null;
}

export interface Session {
  /** The token to send, or null when nobody is known yet. */
  token: Readonly<ShallowRef<string | null>>;
  person: Readonly<ShallowRef<Person | null>>;
  isSignedIn: ComputedRef<boolean>;
  /** Makes sure there is a token and that it is still good: checks a stored one, else (if `guest`) gets a guest's. */
  ensure: (options: { guest: boolean }) => Promise<void>;
  /** Signs in by name; throws Refusal 1103 where this installation does not offer that. */
  signIn: (name: string) => Promise<void>;
  /** Takes a token that was given by hand, if the server accepts it; throws Refusal and keeps nothing otherwise. */
  adopt: (token: string) => Promise<void>;
  signOut: () => void;
}

export function createSession(key: SessionKey): Session {
  const stored = adoptFragment() ?? read(key);
  const token = shallowRef(stored?.token ?? null);
  const person = shallowRef(stored?.user ?? null);
  if (stored) write(key, stored);

  function set(next: Stored | null): void {
    token.value = next?.token ?? null;
    person.value = next?.user ?? null;
    if (next) write(key, next);
    else localStorage.removeItem(key);
  }

  async function open(body: { name?: string }): Promise<void> {
    const reply = await call<SessionReply>("POST", "/api/session", { body });
    set({ token: reply.token, user: reply.user });
  }

  async function check(): Promise<void> {
    if (!token.value) return;
    try {
      set({ token: token.value, user: await call<Person>("GET", "/api/session", { token: token.value }) });
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      // Only a token the server refuses is thrown away; being offline says nothing about it.
      if (refusal.code === CODE.badToken || refusal.code === CODE.unauthenticated) set(null);
      else throw refusal;
    }
  }

  return {
    token: shallowReadonly(token),
    person: shallowReadonly(person),
    isSignedIn: computed(() => person.value !== null && person.value.role !== "guest"),
    async ensure({ guest }) {
      await check();
      if (!token.value && guest) await open({});
    },
    signIn: (name) => open({ name }),
    async adopt(next) {
      set({ token: next, user: await call<Person>("GET", "/api/session", { token: next }) });
    },
    signOut: () => set(null),
  };
}

function adoptFragment(): Stored | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return { token, user: null };
}

function read(key: SessionKey): Stored | null {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<Stored> | null;
    return value && typeof value.token === "string" ? { token: value.token, user: value.user ?? null } : null;
  } catch {
    return null;
  }
}

function write(key: SessionKey, value: Stored): void {
  localStorage.setItem(key, JSON.stringify(value));
}
