/**
 * A request that must happen once, however often it is sent: its key is kept until its answer is there, also over a reload.
 *
 *     fresh --sent--> open --an answer, or a definite no--> forgotten
 *                     |  ^
 *                     '--' no answer: the same request gets the same key again
 *
 * A key belongs to who asked, to what for (`scope`), and to the very request (a fingerprint of its body; the body itself is not
 * kept). It is forgotten after a while: what somebody asks for again later, they mean.
 */
import { newKey } from "./api";
import { asRefusal, isUnknown } from "./refusal";
import { visit, type Store } from "./store";

interface Kept {
  person: string | null;
  scope: string;
  print: string;
  key: string;
  /** Unix ms by the clock of the device. */
  ts: number;
}

const STORE = "livehub.once";
/** The oldest goes. */
const KEPT_MAX = 50;
/** Who tries again after a lost answer does so within minutes; the server remembers a key for a day or longer. */
const KEPT_MS = 15 * 60_000;

export interface Once {
  /** Sends with the key of this request. Throws what `send` throws. */
  once: <Answer>(scope: string, body: unknown, send: (key: string) => Promise<Answer>) => Promise<Answer>;
}

/** `who`: the id of who is here, null for nobody; `now`: Unix ms. */
export function createOnce(who: () => string | null, now: () => number = Date.now, store: Store = visit): Once {
  /** What is open and not too old. */
  function open(): Kept[] {
    const value = store.getJson(STORE);
    return Array.isArray(value) ? value.filter(isKept).filter(({ ts }) => Math.abs(now() - ts) < KEPT_MS) : [];
  }

  const rest = (person: string | null, scope: string): Kept[] =>
    open().filter((one) => one.person !== person || one.scope !== scope);

  function keyFor(person: string | null, scope: string, print: string): string {
    const known = open().find((one) => one.person === person && one.scope === scope && one.print === print);
    const key = known?.key ?? newKey();
    const kept: Kept = { person, scope, print, key, ts: known?.ts ?? now() };
    store.setJson(STORE, [...rest(person, scope), kept].slice(-KEPT_MAX));
    return key;
  }

  return {
    async once(scope, body, send) {
      const person = who();
      try {
        const answer = await send(keyFor(person, scope, fingerprint(body)));
        store.setJson(STORE, rest(person, scope));
        return answer;
      } catch (thrown) {
        if (!isUnknown(asRefusal(thrown))) store.setJson(STORE, rest(person, scope));
        throw thrown;
      }
    },
  };
}

/** Tells requests apart (FNV-1a, 32 bits, and the length). Two that it takes for one get a refusal of the server, 1004. Pure. */
export function fingerprint(body: unknown): string {
  const text = JSON.stringify(body ?? null);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${(hash >>> 0).toString(16)}.${text.length}`;
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { person, scope, print, key, ts } = value as Partial<Record<keyof Kept, unknown>>;
  const texts = [scope, print, key].every((text) => typeof text === "string");
  return texts && typeof ts === "number" && (person === null || typeof person === "string");
}
