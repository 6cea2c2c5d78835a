/** The queue of this phone for the pages: what is in it, and what goes on with it. Other tabs of the app are told, and heard. */
import {
  computed,
  inject,
  onScopeDispose,
  provide,
  shallowRef,
  watch,
  type ComputedRef,
  type InjectionKey,
  type ShallowRef,
} from "vue";
import type { SessionStore } from "@app/useSession";
import { call, newKey } from "@shared/api";
import { backoffMs } from "@shared/backoff";
import { CODE, asRefusal } from "@shared/refusal";
import { serverNow } from "@shared/server-time";
import { httpUploader } from "@kit/upload/sending";
import { elementString } from "../codes";
import type { Known } from "../known";
import {
  again,
  changedTo,
  countsOf,
  discarded,
  forgotten,
  inOrder,
  movedTo,
  NO_CHANGE,
  othersWaiting,
  withoutPhoto,
  type Change,
  type Counts,
  type FieldRecord,
  type StepOf,
  type Work,
} from "./records";
import { alone, sendAll, type Calls, type Ended } from "./sender";
import { createRecordStore, StorageError, type StorageFault } from "./store";

export interface Queue {
  /** Of who is here, as they were recorded; null until they are read. */
  mine: ComputedRef<readonly FieldRecord[] | null>;
  counts: ComputedRef<Counts>;
  others: ComputedRef<{ name: string; n: number }[]>;
  /** Why nothing can be kept here, or could not be read. */
  fault: Readonly<ShallowRef<StorageFault | null>>;
  /** What goes on: at it, waiting for a network or a sign-in, or at rest. */
  going: Readonly<ShallowRef<"rest" | "sending" | "later" | "signIn">>;
  /** Keeps it on this phone, and sends it as soon as that can be. Throws StorageError: then nothing is kept. */
  record: (work: Work, photo: Blob | null) => Promise<FieldRecord>;
  /** Now. */
  send: () => void;
  /** These throw AlreadySent where it is with the server, and StorageError. */
  retry: (record: FieldRecord) => Promise<void>;
  retryWithoutPhoto: (record: FieldRecord) => Promise<void>;
  changeLot: (record: FieldRecord, lot: string) => Promise<void>;
  discard: (record: FieldRecord) => Promise<void>;
}

const QUEUE: InjectionKey<Queue> = Symbol("queue");
const AGAIN = { minMs: 2_000, maxMs: 60_000 };
const CHANNEL = "livehub.field.queue";

export function useQueue(): Queue {
  const queue = inject(QUEUE);
  if (!queue) throw new Error("Nobody provides the queue.");
  return queue;
}

/** Made by the root. `known`: who recorded here last, for whom is recorded while the server is out of reach. */
export function provideQueue(session: SessionStore, known: Known): Queue {
  const store = createRecordStore();
  const all = shallowRef<readonly FieldRecord[] | null>(null);
  const fault = shallowRef<StorageFault | null>(null);
  const going = shallowRef<Queue["going"]["value"]>("rest");
  const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  const sendPhoto = httpUploader(() => session.token);
  /** The server's word alone counts for sending. */
  const here = (): string | null => (session.isSignedIn ? (session.person?.id ?? null) : null);
  const leaving = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let isAtIt = false;
  let isAskedAgain = false;

  const calls: Calls = {
    async upload(photo, key) {
      // Renewed first, if it is over: what is sent here does not renew it.
      await session.access.token();
      return sendPhoto(photo, { key, onProgress: () => undefined, signal: leaving.signal });
    },
    find,
    batch: async (body, key) => (await call("POST /api/batches", { body, key, timeoutMs: 20_000 })).id,
    step: async (batch, body, key) =>
      (await call("POST /api/batches/{batch}/steps", { path: { batch }, body, key, timeoutMs: 20_000 })).id,
  };

  async function read(): Promise<void> {
    try {
      all.value = inOrder(await store.all());
      fault.value = null;
    } catch (thrown) {
      all.value ??= [];
      fault.value = faultOf(thrown);
    }
  }

  function told(): void {
    void read();
    tabs?.postMessage(null);
  }

  async function change(decide: (now: readonly FieldRecord[]) => Change): Promise<void> {
    try {
      // Not while one of them is under way.
      await alone(() => store.change(decide));
    } finally {
      told();
    }
    send();
  }

  function send(): void {
    clearTimeout(timer);
    if (isAtIt) {
      isAskedAgain = true;
      return;
    }
    if (here() === null) {
      going.value = session.isKnown && !session.trouble ? "signIn" : "later";
      return;
    }
    isAtIt = true;
    void round()
      .catch((thrown: unknown): Ended => {
        fault.value = faultOf(thrown);
        return { why: "later", afterMs: null };
      })
      .then(settled);
  }

  async function round(): Promise<Ended> {
    const sending: typeof alone = (work) =>
      alone(() => {
        going.value = "sending";
        return work();
      });
    const ended = await sendAll({ store, calls, alone: sending, person: here, now: Date.now, changed: told });
    await store.change((now) => ({ ...NO_CHANGE, remove: forgotten(now, Date.now()) }));
    return ended;
  }

  function settled(ended: Ended): void {
    isAtIt = false;
    if (ended.why === "empty") attempt = 0;
    going.value = ended.why === "empty" ? "rest" : ended.why === "signIn" ? "signIn" : "later";
    if (ended.why === "later" && !leaving.signal.aborted) {
      const waitMs = Math.max(ended.afterMs ?? 0, backoffMs(attempt++, AGAIN, Math.random()));
      timer = setTimeout(send, waitMs);
    }
    if (ended.why === "signIn") void session.refresh();
    if (isAskedAgain) {
      isAskedAgain = false;
      send();
    }
  }

  const who = computed(() => known.person.value?.id ?? null);
  const mine = computed(() => all.value && all.value.filter(({ person }) => person === who.value));
  const queue: Queue = {
    mine,
    counts: computed(() => countsOf(mine.value ?? [])),
    others: computed(() => othersWaiting(all.value ?? [], who.value)),
    fault,
    going,
    async record(work, photo) {
      const person = known.person.value;
      if (!person) throw new StorageError("blocked");
      const kept = await store.add(
        {
          id: newKey(),
          person: person.id,
          personName: person.name,
          madeMs: serverNow(),
          work,
          hasPhoto: photo !== null,
          upload: null,
          state: "waiting",
          breaks: 0,
          sentMs: null,
          result: null,
          refused: null,
        },
        photo,
      );
      // Browsers that are short of room throw away what nobody asked them to keep.
      void navigator.storage?.persist?.().catch(() => undefined);
      await read();
      tabs?.postMessage(null);
      send();
      return kept;
    },
    send,
    retry: ({ id }) => change((now) => changedTo(now, id, again)),
    retryWithoutPhoto: ({ id }) => change((now) => changedTo(now, id, withoutPhoto)),
    changeLot({ id }, lot) {
      const key = newKey();
      return change((now) => movedTo(now, id, lot, key));
    },
    discard: ({ id }) => change((now) => discarded(now, id)),
  };

  void read();
  if (tabs) tabs.onmessage = () => void read();
  watch(here, send, { immediate: true });
  const wake = (): void => {
    if (document.visibilityState === "visible") send();
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  onScopeDispose(() => {
    clearTimeout(timer);
    leaving.abort();
    tabs?.close();
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  });
  provide(QUEUE, queue);
  return queue;
}

/** The server's id of the batch of a lot; null: it has none. Throws Refusal when it could not be asked. */
export async function find(of: Pick<StepOf, "gtin" | "lot" | "serial">): Promise<string | null> {
  try {
    return (await call("POST /api/scans", { body: { code: elementString(of) } })).batch;
  } catch (thrown) {
    if (BATCH_NOT_FOUND === asRefusal(thrown).code) return null;
    throw thrown;
  }
}

const BATCH_NOT_FOUND = CODE.batchNotFound;

function faultOf(thrown: unknown): StorageFault {
  return thrown instanceof StorageError ? thrown.fault : "blocked";
}
