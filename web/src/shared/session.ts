/**
 * Who is using the page: one token per app in localStorage, so that a viewer, a host and ops can be open in one browser.
 *
 * A sign-in link (`#token=JWT`) is taken out of the address at once, so that it is not shared by accident. Anybody can send
 * such a link: where somebody else is signed in it is an offer, which a person takes or leaves. Signing in and out in another
 * tab holds for this one, too.
 */
import {
  computed,
  getCurrentScope,
  onScopeDispose,
  shallowReadonly,
  shallowRef,
  type ComputedRef,
  type ShallowRef,
} from "vue";
import { call } from "./api";
import type { Person, Session as SessionReply } from "./api-types";
import { asRefusal, CODE, type Refusal } from "./refusal";
import { lasting } from "./store";

export type SessionKey = "livehub.viewer" | "livehub.host" | "livehub.ops";

interface Stored {
  token: string;
  user: Person | null;
}

/** A sign-in link of somebody else than who is signed in. */
export interface Offer {
  token: string;
  person: Person;
}

export interface Session {
  /** The token to send, or null when nobody is known yet. */
  token: Readonly<ShallowRef<string | null>>;
  person: Readonly<ShallowRef<Person | null>>;
  isSignedIn: ComputedRef<boolean>;
  /** Waits until `decide`d. */
  offer: Readonly<ShallowRef<Offer | null>>;
  /** Why the sign-in link that was opened last is not taken. */
  linkRefusal: Readonly<ShallowRef<Refusal | null>>;
  decide: (take: boolean) => void;
  /** Makes sure there is a token and that it is still good: checks a stored one, else (if `guest`) gets a guest's. */
  ensure: (options: { guest: boolean }) => Promise<void>;
  /** Signs in by name; throws Refusal 1103 where this installation does not offer that. */
  signIn: (name: string) => Promise<void>;
  /** Takes a token that was given by hand, if the server accepts it; throws Refusal and keeps nothing otherwise. */
  adopt: (token: string) => Promise<void>;
  signOut: () => void;
}

/** Made once per page, before its router, which must not learn of tokens. */
export function createSession(key: SessionKey): Session {
  const stored = read(key);
  const token = shallowRef(stored?.token ?? null);
  const person = shallowRef(stored?.user ?? null);
  const offer = shallowRef<Offer | null>(null);
  const linkRefusal = shallowRef<Refusal | null>(null);
  /** The sign-in link that is being looked at. */
  let following: Promise<void> = Promise.resolve();

  function take(next: Stored | null): void {
    person.value = next?.user ?? null;
    token.value = next?.token ?? null;
  }

  function set(next: Stored | null): void {
    if (next) lasting.setJson(key, next);
    else lasting.remove(key);
    take(next);
  }

  const whose = (one: string): Promise<Person> => call<Person>("GET", "/api/session", { token: one });

  async function open(body: { name?: string }): Promise<void> {
    const reply = await call<SessionReply>("POST", "/api/session", { body });
    set({ token: reply.token, user: reply.user });
  }

  async function check(): Promise<void> {
    const asked = token.value;
    if (!asked) return;
    try {
      const user = await whose(asked);
      if (token.value === asked) set({ token: asked, user });
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (token.value !== asked) return;
      // Only a token the server refuses is thrown away; being offline says nothing about it.
      if (refusal.code === CODE.badToken || refusal.code === CODE.unauthenticated) set(null);
      else throw refusal;
    }
  }

  async function follow(linked: string): Promise<void> {
    linkRefusal.value = null;
    try {
      const user = await whose(linked);
      // Somebody whose sign-in has run out is nobody.
      if (token.value && person.value?.id !== user.id) await check();
      const here = person.value;
      if (here && here.role !== "guest" && here.id !== user.id) offer.value = { token: linked, person: user };
      else set({ token: linked, user });
    } catch (thrown) {
      linkRefusal.value = asRefusal(thrown);
    }
  }

  /** A link opened in a tab that shows the page already changes nothing but the fragment. */
  function onAddress(): void {
    const linked = takeFragment();
    if (linked) following = follow(linked);
  }

  function onOtherTab(event: StorageEvent): void {
    if (event.key !== key && event.key !== null) return;
    const next = read(key);
    if ((next?.token ?? null) !== token.value || next?.user?.id !== person.value?.id) take(next);
  }

  const linked = takeFragment();
  if (linked && token.value) following = follow(linked);
  else if (linked) set({ token: linked, user: null });
  addEventListener("popstate", onAddress);
  addEventListener("hashchange", onAddress);
  addEventListener("storage", onOtherTab);
  if (getCurrentScope()) {
    onScopeDispose(() => {
      removeEventListener("popstate", onAddress);
      removeEventListener("hashchange", onAddress);
      removeEventListener("storage", onOtherTab);
    });
  }

  return {
    token: shallowReadonly(token),
    person: shallowReadonly(person),
    isSignedIn: computed(() => person.value !== null && person.value.role !== "guest"),
    offer: shallowReadonly(offer),
    linkRefusal: shallowReadonly(linkRefusal),
    decide(takes) {
      const offered = offer.value;
      offer.value = null;
      if (offered && takes) set({ token: offered.token, user: offered.person });
    },
    async ensure({ guest }) {
      await following;
      await check();
      if (!token.value && guest) await open({});
    },
    signIn: (name) => open({ name }),
    async adopt(next) {
      set({ token: next, user: await whose(next) });
    },
    signOut: () => set(null),
  };
}

/** The token in the address, which does not stay there. */
function takeFragment(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token || null;
}

function read(key: SessionKey): Stored | null {
  const value = lasting.getJson(key) as Partial<Stored> | null;
  return typeof value?.token === "string" ? { token: value.token, user: value.user ?? null } : null;
}
