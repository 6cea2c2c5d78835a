/**
 * Who is using the app. The session is a cookie that no page can read; what a page has is a token, in memory only, which lives
 * some minutes and is renewed ahead of its end.
 *
 *     starting --answer--> somebody or a guest --two thirds of its life, wake, a refused token--> renewed
 *        ^ '--no answer: again--'  |       |
 *        |                         |       '--1104, signed out here or in another tab--> nobody
 *        '---- a viewer -----------+--------------------------------------------------------'
 *
 * Whoever asks for the session in this tab does so one after the other, so that no answer comes over another. Tabs of the same app
 * tell each other when the person changes; what they say is whose it is now, never a token.
 *
 * A sign-in link (`#token=`) leaves the address at once, so that it is not shared by accident. Anybody can send one: where somebody
 * else is signed in it is an offer, which they take or leave. Only the apps for staff take such links.
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
import { exchange, type Access, type Body } from "@shared/api";
import type { Person, Session as SessionReply } from "@shared/api-types";
import { backoffMs } from "@shared/backoff";
import { asRefusal, CODE, isOfToken, isUnknown, type Refusal } from "@shared/refusal";
import { lasting } from "@shared/store";
import { elapsedMs, lifeMs, renewAfterMs, type Moment } from "./lifetime";
import type { AppName } from "./names";

/** A sign-in link of somebody else than who is signed in. */
export interface Offer {
  token: string;
  person: Person;
}

export interface SessionOptions {
  app: AppName;
  /** Whether one may be here without being anybody; else who is nobody is asked to sign in. */
  guests: boolean;
  /** Whether sign-in links are followed. */
  links: boolean;
}

export interface Session {
  /** Whose session this is, of those that one browser may have. */
  app: AppName;
  /** Whether one may be here without being anybody. */
  guests: boolean;
  token: ComputedRef<string | null>;
  person: ComputedRef<Person | null>;
  isSignedIn: ComputedRef<boolean>;
  /** The server has been asked once who is here. */
  isKnown: Readonly<ShallowRef<boolean>>;
  /** Why the last question who is here has no good answer; null when it has. */
  trouble: Readonly<ShallowRef<Refusal | null>>;
  /** How often a session of somebody was ended elsewhere while this page was open. */
  endings: Readonly<ShallowRef<number>>;
  /** Waits until `decide`d. */
  offer: Readonly<ShallowRef<Offer | null>>;
  /** Why the sign-in link that was opened last is not taken. */
  linkRefusal: Readonly<ShallowRef<Refusal | null>>;
  decide: (take: boolean) => Promise<void>;
  /** Asks the server who is here, and gets a token for them. Never throws: see `trouble`. */
  refresh: () => Promise<void>;
  /** Signs in by name; throws Refusal 1103 where this installation does not offer that. */
  signIn: (name: string) => Promise<void>;
  /** Signs in by a token that was given by hand; throws Refusal. */
  signInByToken: (token: string) => Promise<void>;
  /** Signs in some other way, e.g. by phone: `answered` asks, and gives what the server answered. Throws what it throws. */
  signInBy: (answered: () => Promise<SessionReply>) => Promise<void>;
  /** Throws Refusal when the server could not be told: then nobody has left. */
  signOut: () => Promise<void>;
  /** For calls and the socket. */
  access: Access;
}

interface Known {
  token: string;
  person: Person;
  since: Moment;
  lifeMs: number;
  renewAfterMs: number;
}

const AGAIN = { minMs: 1_000, maxMs: 30_000 };
/** Questions in a row, when what the first found out is old before it is answered. */
const TRIES_MAX = 3;
/** A token that is refused so soon after it was given would be refused again. */
const FRESH_MS = 5_000;
/** Tokens of before whose persons are remembered, for calls that come back refused. */
const HOLDERS_MAX = 8;
/** Where earlier versions kept tokens. */
const OLD_KEYS = ["livehub.viewer", "livehub.host", "livehub.ops"];

/** Made once per app, before its router, which must not learn of tokens. Within an effect scope. */
export function createSession({ app, guests, links }: SessionOptions): Session {
  const known = shallowRef<Known | null>(null);
  const isKnown = shallowRef(false);
  const trouble = shallowRef<Refusal | null>(null);
  const endings = shallowRef(0);
  const offer = shallowRef<Offer | null>(null);
  const linkRefusal = shallowRef<Refusal | null>(null);
  const holders = new Map<string, string>();
  const token = computed(() => known.value?.token ?? null);
  const person = computed(() => known.value?.person ?? null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let refreshing: Promise<void> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let signingIn = false;
  /** Counts changes of who is here, so that an answer from before is ignored. */
  let round = 0;
  const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`livehub.${app}.session`);

  const moment = (): Moment => ({ wallMs: Date.now(), steadyMs: performance.now() });
  const age = ({ since }: Known): number => elapsedMs(since, moment());

  /** Work that may change the cookie, one after the other. */
  function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  function take(reply: SessionReply, answeredTs: number): void {
    const life = lifeMs(reply.expires_ts, answeredTs);
    round++;
    attempt = 0;
    trouble.value = null;
    holders.set(reply.token, reply.person.id);
    for (const oldest of holders.keys()) if (holders.size > HOLDERS_MAX) holders.delete(oldest);
    if (!guests && reply.person.role === "guest") {
      drop();
      return;
    }
    const renewAfter = renewAfterMs(life, Math.random());
    known.value = {
      token: reply.token,
      person: reply.person,
      since: moment(),
      lifeMs: life,
      renewAfterMs: renewAfter,
    };
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), renewAfter);
  }

  function drop(): void {
    round++;
    clearTimeout(timer);
    known.value = null;
  }

  async function request(body: Omit<Body<"POST /api/session">, "app">): Promise<[SessionReply, answeredTs: number]> {
    return exchange("POST", "/api/session", { body: { app, ...body }, token: null }, async (response) => [
      (await response.json()) as SessionReply,
      Date.parse(response.headers.get("Date") ?? ""),
    ]);
  }

  /** Somebody came or went by what was done here: the other tabs are to know. */
  function tell(): void {
    tabs?.postMessage({ person: person.value?.id ?? null });
  }

  async function ask(tries = TRIES_MAX): Promise<void> {
    const asked = round;
    const before = person.value?.id ?? null;
    try {
      const [reply, answeredTs] = await request({});
      // Another tab has said meanwhile that somebody else is here: this may be about who was before.
      if (asked !== round && tries > 1) return ask(tries - 1);
      take(reply, answeredTs);
    } catch (thrown) {
      const why = asRefusal(thrown);
      trouble.value = why;
      if (isUnknown(why) || why.code === CODE.tooFast || why.code === CODE.overloaded) {
        // Nothing is known, so what there is stays.
        clearTimeout(timer);
        timer = setTimeout(() => void refresh(), why.retryAfterMs ?? backoffMs(attempt++, AGAIN, Math.random()));
      } else {
        if (why.code === CODE.sessionEnded && person.value && person.value.role !== "guest") endings.value++;
        drop();
        if (before !== null) tell();
        // The cookie of the session that was ended is gone with this answer; without it one is a guest.
        if (why.code === CODE.sessionEnded && guests && tries > 1) return ask(tries - 1);
      }
    }
    isKnown.value = true;
  }

  function refresh(): Promise<void> {
    refreshing ??= alone(ask).finally(() => (refreshing = null));
    return refreshing;
  }

  async function signInWith(answered: () => Promise<[SessionReply, number]>): Promise<void> {
    await alone(async () => {
      signingIn = true;
      try {
        take(...(await answered()));
      } finally {
        signingIn = false;
      }
    });
    tell();
  }

  async function follow(linked: string): Promise<void> {
    linkRefusal.value = null;
    try {
      const read = async (response: Response): Promise<Person> => (await response.json()) as Person;
      const whose = await exchange("GET", "/api/session", { token: linked }, read);
      await last;
      const here = person.value;
      // Their own again, from a bookmark: it would end the session that the page has begun with.
      if (here?.id === whose.id && here.role === whose.role) return;
      if (here && here.role !== "guest" && here.id !== whose.id) offer.value = { token: linked, person: whose };
      else await signInWith(() => request({ token: linked }));
    } catch (thrown) {
      linkRefusal.value = asRefusal(thrown);
    }
  }

  /** A link opened in a tab that shows the app already changes nothing but the fragment. */
  function onAddress(): void {
    const linked = takeFragment();
    if (linked !== null && links) void follow(linked);
  }

  function onTab({ data }: MessageEvent<{ person?: unknown }>): void {
    if ((data?.person ?? null) === (person.value?.id ?? null)) return;
    // At once: what is shown here is of somebody who has gone.
    drop();
    void refresh();
  }

  /** Back from sleep, or from a page that lay aside, timers come late and nobody was told anything. */
  function onWake(event: Event): void {
    const wasAside = event.type === "pageshow" && (event as PageTransitionEvent).persisted;
    const isDue = known.value !== null && age(known.value) >= known.value.renewAfterMs;
    const isLost = event.type === "online" && trouble.value !== null;
    if (document.visibilityState === "visible" && (wasAside || isDue || isLost)) void refresh();
  }

  const access: Access = {
    async token() {
      // What signs in goes on as who is here until then, and waits for nobody.
      if (signingIn) return token.value;
      if (refreshing && (!known.value || age(known.value) >= known.value.lifeMs)) await refreshing;
      else if (known.value && age(known.value) >= known.value.lifeMs) await refresh();
      return token.value;
    },
    async renew(refused, why) {
      const holder = holders.get(refused);
      const now = known.value;
      if (now?.token === refused) {
        if (why.code !== CODE.sessionEnded && age(now) < FRESH_MS) return null;
        await refresh();
      } else if (refreshing) await refreshing;
      return holder !== undefined && person.value?.id === holder && token.value !== refused ? token.value : null;
    },
  };

  for (const old of OLD_KEYS) lasting.remove(old);
  const linked = takeFragment();
  void refresh();
  if (linked !== null && links) void follow(linked);
  if (tabs) tabs.onmessage = onTab;
  const wakes = [
    [document, "visibilitychange"],
    [window, "pageshow"],
    [window, "online"],
  ] as const;
  for (const [target, event] of wakes) target.addEventListener(event, onWake);
  for (const event of ["popstate", "hashchange"]) addEventListener(event, onAddress);
  if (getCurrentScope()) {
    onScopeDispose(() => {
      clearTimeout(timer);
      tabs?.close();
      for (const [target, event] of wakes) target.removeEventListener(event, onWake);
      for (const event of ["popstate", "hashchange"]) removeEventListener(event, onAddress);
    });
  }

  return {
    app,
    guests,
    token,
    person,
    isSignedIn: computed(() => person.value !== null && person.value.role !== "guest"),
    isKnown: shallowReadonly(isKnown),
    trouble: shallowReadonly(trouble),
    endings: shallowReadonly(endings),
    offer: shallowReadonly(offer),
    linkRefusal: shallowReadonly(linkRefusal),
    async decide(takes) {
      const offered = offer.value;
      offer.value = null;
      if (!offered || !takes) return;
      await signInWith(() => request({ token: offered.token })).catch((thrown: unknown) => {
        linkRefusal.value = asRefusal(thrown);
      });
    },
    refresh,
    signIn: (name) => signInWith(() => request({ name })),
    signInByToken: (given) => signInWith(() => request({ token: given })),
    signInBy: (answered) => signInWith(async () => [await answered(), Date.now()]),
    async signOut() {
      await alone(async () => {
        try {
          await exchange("POST", "/api/sign-out", { body: { app }, token: token.value }, () => Promise.resolve());
        } catch (thrown) {
          const why = asRefusal(thrown);
          // The session is over already, or nobody knows.
          if (isUnknown(why)) void refresh();
          if (!isOfToken(why) && why.code !== CODE.unauthenticated) throw why;
        }
        drop();
      });
      tell();
      if (guests) void refresh();
    },
    access,
  };
}

/** The token in the address, which does not stay there. */
function takeFragment(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token || null;
}
