/**
 * Checks what a page shows against the log, and says line by line what was right, what was wrong, what could not be checked and
 * what was only told. It asks for
 *
 *     /log/key, /log/checkpoint      who signs, and the tree that is signed
 *     /api/log/anchors/{id}          the tree that is on a chain
 *     /log/proofs                    the entries, that they are in the tree, and that it goes on from those before
 *
 * Whatever is answered and is not right is wrong; only who does not answer leaves a line open.
 */
import { fromBase64, same, toHex, VerifyError } from "../verify/bytes";
import { checkConsistency, checkInclusion, leafHash } from "../verify/merkle";
import { readKey, verifiedCheckpoint, type Checkpoint, type Key } from "../verify/notes";
import {
  Comparison,
  clockOf,
  isCertified,
  type Clock,
  type Difference,
  type Entry,
  type Shown,
  type ShownEntry,
} from "./shown";

/** The server did not answer. */
export class Away extends Error {}

/** The body of a GET. Throws Away. */
export type Ask = (path: string) => Promise<string>;

export type State = "right" | "wrong" | "open" | "told";

export interface Line {
  state: State;
  /** Which sentence says it (words.ts), and what stands in it. */
  says: string;
  values: Record<string, string>;
  differences?: Difference[];
  reason?: string;
  /** Which entry it is about. */
  leaf?: number;
}

/** What this browser keeps: the newest checkpoint that was verified. */
export interface Remembered {
  key: string;
  note: string;
  at: string;
}

export interface Report {
  verdict: "right" | "wrong" | "open";
  lines: Line[];
  /** To be kept from now on; null: what is kept stays. */
  remember: Remembered | null;
  /** Milliseconds that checking took, without waiting for answers. */
  ms: number;
}

interface Proofs {
  size: number;
  entries: { leaf: number; entry: string; hashes: string[] }[];
  since: { size: number; hashes: string[] }[];
}

interface Anchor {
  checkpoint: {
    chain: string;
    tx: string;
    size: number;
    state: string;
    published_at: string;
    anchored_at: string;
    label: string | null;
    look_at: string | null;
  };
  note: string;
  payload: string;
}

interface Anchored extends Anchor {
  tree: Checkpoint;
}

export const LEAVES_MAX = 100; // of one request; a page with more has them checked in turns
const TURNS_MAX = 5;
const PREFIX = "6c69766568756201"; // "livehub" 1: what a transaction begins with
const AGAIN_MS = 1_000; // another process of the server may be a moment behind

/** `pause`: waits so many milliseconds. */
export async function check(
  shown: Shown,
  remembered: Remembered | null,
  ask: Ask,
  now: () => string,
  pause: (ms: number) => Promise<void>,
): Promise<Report> {
  let clock: Clock;
  try {
    clock = clockOf(shown.zone);
  } catch (error) {
    const line: Line = { state: "wrong", says: "garbled", values: {}, reason: reasonOf(error) };
    return { verdict: "wrong", lines: [line], remember: null, ms: 0 };
  }
  const checking = new Checking(shown, clock, ask, pause);
  let remember: Remembered | null = null;
  try {
    remember = await checking.run(remembered, now);
  } catch (error) {
    if (error instanceof Away) checking.say("open", "away");
    else checking.say("wrong", "garbled", {}, { reason: error instanceof Error ? error.message : String(error) });
  }
  const { lines } = checking;
  const has = (state: State): boolean => lines.some((line) => line.state === state);
  // A log that is in order says nothing of a page whose entries are not there yet.
  const isCompared = lines.some(({ state, says }) => state === "right" && (says === "head" || says === "event"));
  const verdict = has("wrong") ? "wrong" : has("open") || !isCompared ? "open" : "right";
  return { verdict, lines, remember: verdict === "wrong" ? null : remember, ms: checking.ms };
}

class Checking {
  readonly lines: Line[] = [];
  private readonly began = performance.now();
  private waited = 0;

  constructor(
    private readonly shown: Shown,
    private readonly clock: Clock,
    private readonly ask: Ask,
    private readonly pause: (ms: number) => Promise<void>,
  ) {}

  get ms(): number {
    return performance.now() - this.began - this.waited;
  }

  say(state: State, says: string, values: Record<string, string> = {}, more: Partial<Line> = {}): void {
    this.lines.push({ state, says, values, ...more });
  }

  async run(remembered: Remembered | null, now: () => string): Promise<Remembered | null> {
    const { chain } = this.shown;
    const [keyText, firstNote, anchorText] = await this.waiting(
      Promise.all([
        this.ask("/log/key"),
        this.ask("/log/checkpoint"),
        chain ? this.ask(`/api/log/anchors/${encodeURIComponent(chain.anchoring)}`).catch(orAway) : "",
      ]),
    );
    const key = readKey(keyText);
    const before = await this.rememberedTree(remembered, keyText.trim());
    let note = firstNote;
    let tree = await this.signedTree(note, key);
    for (let again = 0; tree && before && before.size > tree.size && again < 2; again++) {
      await this.waiting(this.pause(AGAIN_MS));
      note = await this.waiting(this.ask("/log/checkpoint"));
      tree = await this.signedTree(note, key);
    }
    if (!tree) return null;
    const seconds = { key: `${key.name}+${toHex(key.id)}` };
    this.say("right", "signature", { ...seconds, size: String(tree.size) });
    const anchored = await this.anchoredTree(anchorText, key, tree);
    const isShorter = before !== null && before.size > tree.size;
    if (isShorter) this.say("wrong", "shorter", { size: String(before.size), now: String(tree.size) });
    const from = [before, anchored?.tree ?? null].filter(
      (one) => one && one.size > 0n && one.size < (tree?.size ?? 0n),
    );
    const entries = await this.provenEntries(tree, from as Checkpoint[], (since) => {
      if (before && !isShorter) this.goesOn(since, before, tree as Checkpoint, "remembered", remembered?.at ?? "");
      if (!before) this.say("told", "first", {});
      if (anchored && this.goesOn(since, anchored.tree, tree as Checkpoint, "anchored", "")) this.toldOfChain(anchored);
    });
    if (entries) this.compare(entries, anchored);
    this.say("told", "key", { key: keyText.trim() });
    this.say("told", "rest", {});
    return { key: keyText.trim(), note, at: now() };
  }

  private async signedTree(note: string, key: Key): Promise<Checkpoint | null> {
    try {
      return await verifiedCheckpoint(note, key);
    } catch (error) {
      this.say("wrong", "unsigned", {}, { reason: reasonOf(error) });
      return null;
    }
  }

  /** What this browser remembers; null where that is nothing, or unreadable. A key that changed is told. */
  private async rememberedTree(remembered: Remembered | null, key: string): Promise<Checkpoint | null> {
    if (!remembered) return null;
    let tree: Checkpoint;
    try {
      tree = await verifiedCheckpoint(remembered.note, readKey(remembered.key));
    } catch {
      return null; // somebody wrote into this browser's memory
    }
    if (remembered.key !== key) this.say("wrong", "rekeyed", { before: remembered.key, now: key });
    return remembered.key === key && tree.size > 0n ? tree : null;
  }

  /** The tree that an anchor has, once all that can be checked without the chain is right. */
  private async anchoredTree(text: string | null, key: Key, now: Checkpoint): Promise<Anchored | null> {
    const { chain, leaf } = this.shown;
    if (!chain) {
      this.say("told", "unanchored");
      return null;
    }
    if (text === null) {
      this.say("open", "anchor_away");
      return null;
    }
    try {
      const anchor = JSON.parse(text) as Anchor;
      const tree = await verifiedCheckpoint(anchor.note, key);
      const { checkpoint: told, payload } = anchor;
      const said = PREFIX + tree.size.toString(16).padStart(16, "0") + toHex(tree.root);
      if (payload !== said || BigInt(told.size) !== tree.size) throw new VerifyError("another tree than is signed");
      if (`${told.chain}/${told.tx}/${leaf}` !== chain.id) throw new VerifyError(`${told.chain}/${told.tx}`);
      if (leaf === null || BigInt(leaf) >= tree.size) throw new VerifyError("its tree has not this entry");
      if ((told.label !== null) !== chain.isDevelopment) throw new VerifyError("development or not");
      if (told.state !== "confirmed") throw new VerifyError(`it is ${told.state}`);
      if (this.clock(told.published_at) !== chain.logged || this.clock(told.anchored_at) !== chain.anchored)
        throw new VerifyError(`${this.clock(told.published_at)}, ${this.clock(told.anchored_at)}`);
      if (tree.size > now.size) throw new VerifyError("the log is smaller than what was anchored");
      return { ...anchor, tree };
    } catch (error) {
      this.say("wrong", "anchor", {}, { reason: reasonOf(error) });
      return null;
    }
  }

  private toldOfChain({ checkpoint, payload }: Anchored): void {
    const { chain, tx, label, look_at } = checkpoint;
    const values = { chain, tx, data: `0x${payload}`, at: this.clock(checkpoint.anchored_at), look_at: look_at ?? "" };
    this.say("told", label ? "development" : "chain", values);
  }

  /** The entries of the page by leaf, each proven; null where the server is away. */
  private async provenEntries(
    tree: Checkpoint,
    from: Checkpoint[],
    begin: (since: Proofs["since"]) => void,
  ): Promise<ReadonlyMap<number, Entry> | null> {
    const { leaf, events, breaches } = this.shown;
    const all = [leaf, ...events.map((one) => one.leaf), ...breaches.map((one) => one.leaf)];
    const leaves = [...new Set(all.filter((one) => one !== null && BigInt(one) < tree.size))] as number[];
    const found = new Map<number, Entry>();
    const turns = Math.max(1, Math.min(TURNS_MAX, Math.ceil(leaves.length / LEAVES_MAX)));
    for (let turn = 0; turn < turns; turn++) {
      const wanted = leaves.slice(turn * LEAVES_MAX, (turn + 1) * LEAVES_MAX);
      const since = turn ? [] : [...new Set(from.map((one) => String(one.size)))];
      const path = `/log/proofs?size=${tree.size}&leaves=${wanted.join(",")}&since=${since.join(",")}`;
      const text = await this.waiting(this.ask(path).catch(orAway));
      if (text === null) {
        this.say("open", "proofs_away");
        return found.size ? found : null;
      }
      const proofs = JSON.parse(text) as Proofs;
      if (BigInt(proofs.size) !== tree.size || proofs.since.length !== since.length)
        throw new VerifyError("other proofs");
      if (!turn) begin(proofs.since);
      wanted.forEach((one, at) => this.prove(one, proofs.entries[at], tree, found));
    }
    return found;
  }

  private prove(
    leaf: number,
    given: Proofs["entries"][0] | undefined,
    tree: Checkpoint,
    found: Map<number, Entry>,
  ): void {
    try {
      if (given?.leaf !== leaf) throw new VerifyError("another entry than was asked for");
      const hashes = given.hashes.map((hash) => fromBase64(hash, "a hash"));
      checkInclusion(leafHash(new TextEncoder().encode(given.entry)), BigInt(leaf), tree.size, hashes, tree.root);
      found.set(leaf, JSON.parse(given.entry) as Entry);
    } catch (error) {
      this.say("wrong", "unproven", { leaf: String(leaf) }, { leaf, reason: reasonOf(error) });
    }
  }

  private goesOn(since: Proofs["since"], old: Checkpoint, now: Checkpoint, says: string, at: string): boolean {
    const values = { size: String(old.size), now: String(now.size), at: at && this.clock(at) };
    try {
      if (old.size === now.size) {
        if (!same(old.root, now.root)) throw new VerifyError(`two trees of ${old.size} leaves have different roots`);
      } else {
        const given = since.find((one) => BigInt(one.size) === old.size);
        if (!given) throw new VerifyError("the proof is missing");
        const hashes = given.hashes.map((hash) => fromBase64(hash, "a hash"));
        checkConsistency(old.size, now.size, hashes, old.root, now.root);
      }
      this.say("right", says, values);
      return true;
    } catch (error) {
      this.say("wrong", `not_${says}`, values, { reason: reasonOf(error) });
      return false;
    }
  }

  private compare(entries: ReadonlyMap<number, Entry>, anchored: Anchored | null): void {
    const { leaf, events, breaches, certificates, language } = this.shown;
    const comparison = new Comparison(this.shown, this.clock, entries);
    const of = (one: number | null): Entry | null => (one === null ? null : (entries.get(one) ?? null));
    const head = of(leaf);
    if (head) this.told("head", { leaf, facts: {} }, head, comparison.head(head), anchored);
    for (const one of events) {
      const entry = of(one.leaf);
      const differences = comparison.event(one, entry);
      if (entry) this.told("event", one, entry, differences, anchored);
      else if (differences.length) this.say("wrong", "event_differs", { what: one.facts.kind ?? "" }, { differences });
    }
    for (const one of breaches) {
      const entry = of(one.leaf);
      if (entry) this.told("event", one, entry, comparison.breach(one, entry), anchored);
    }
    const wrong = certificates.find((one) => !isCertified(one, language, entries.values()));
    const isKnown = [leaf, ...events.map((one) => one.leaf)].every((one) => of(one));
    if (wrong && isKnown)
      this.say("wrong", "certificate_wrong", { number: wrong.number ?? "", kind: wrong.kind ?? "" });
    else if (certificates.length && isKnown) this.say("right", "certificates", { count: String(certificates.length) });
    const left = [...events, ...breaches].filter((one) => !of(one.leaf) && !this.isSaid(one.leaf)).length;
    if (left) this.say("told", "waiting", { count: String(left) });
  }

  private told(
    says: string,
    one: ShownEntry,
    entry: Entry,
    differences: Difference[],
    anchored: Anchored | null,
  ): void {
    const { leaf } = one;
    const isOnChain = !differences.length && anchored && leaf !== null && BigInt(leaf) < anchored.tree.size;
    const values = {
      what: one.facts.kind ?? "",
      leaf: String(leaf),
      logged: this.clock(entry.at),
      anchored: isOnChain ? this.clock(anchored.checkpoint.anchored_at) : "",
    };
    const state = differences.length ? "wrong" : "right";
    this.say(state, differences.length ? `${says}_differs` : says, values, { leaf: leaf ?? undefined, differences });
  }

  private isSaid(leaf: number | null): boolean {
    return leaf !== null && this.lines.some((line) => line.leaf === leaf);
  }

  /** Waiting for others is no checking. */
  private async waiting<T>(promise: Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await promise;
    } finally {
      this.waited += performance.now() - from;
    }
  }
}

function orAway(error: unknown): null {
  if (error instanceof Away) return null;
  throw error;
}

function reasonOf(error: unknown): string {
  if (error instanceof VerifyError) return error.message;
  return error instanceof Error ? `the answer cannot be read: ${error.message}` : String(error);
}
