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
import { Comparing } from "./comparing";
import { verdictOf, type Line, type Remembered, type Report, type State } from "./report";
import { badgesOf, clockOf, type Clock, type Entry, type Shown } from "./shown";

/** The server did not answer. */
export class Away extends Error {}

/** The body of a GET. Throws Away. */
export type Ask = (path: string) => Promise<string>;

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
  const verdict = verdictOf(lines);
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
        chain?.anchoring ? this.ask(`/api/log/anchors/${encodeURIComponent(chain.anchoring)}`).catch(orAway) : "",
      ]),
    );
    const key = readKey(keyText);
    const before = await this.rememberedTree(remembered, keyText.trim());
    let note = firstNote;
    let tree = await this.signedTree(note, key);
    const size = [before?.size ?? 0n, ...leavesOf(this.shown).map((leaf) => BigInt(leaf) + 1n)].reduce(larger);
    for (let again = 0; tree && size > tree.size && again < 2; again++) {
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
    let isFollowed = !before; // what is kept moves only to a tree that is proven to go on from it
    const found = await this.provenEntries(tree, from as Checkpoint[], (since) => {
      if (before && !isShorter)
        isFollowed = this.goesOn(since, before, tree as Checkpoint, "remembered", remembered?.at ?? "");
      if (!before) this.say("told", "first", {});
      if (anchored && this.goesOn(since, anchored.tree, tree as Checkpoint, "anchored", "")) this.toldOfChain(anchored);
    });
    const onChain = anchored && { size: anchored.tree.size, at: this.clock(anchored.checkpoint.anchored_at) };
    const more = { ...found, size: tree.size, anchored: onChain, now: now() };
    new Comparing(this.shown, this.clock, more, this.say.bind(this)).run();
    this.say("told", "key", { key: keyText.trim() });
    this.say("told", "rest", {});
    return isFollowed ? { key: keyText.trim(), note, at: now() } : null;
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
    if (JSON.stringify(badgesOf(this.shown)) !== JSON.stringify(this.shown.badges))
      this.say("wrong", "anchor", {}, { reason: this.shown.badges.join(" · ") });
    if (!chain) {
      this.say("told", "unanchored");
      return null;
    }
    if (text === null) {
      this.say("open", "anchor_away");
      return null;
    }
    try {
      if (!chain.anchoring) throw new VerifyError("the page does not say which anchor");
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

  /** The entries of the page by leaf, each proven, and the leaves that were asked for. */
  private async provenEntries(
    tree: Checkpoint,
    from: Checkpoint[],
    begin: (since: Proofs["since"]) => void,
  ): Promise<{ entries: Map<number, Entry>; asked: Set<number> }> {
    const leaves = leavesOf(this.shown).filter((one) => BigInt(one) < tree.size);
    const found = { entries: new Map<number, Entry>(), asked: new Set(leaves.slice(0, TURNS_MAX * LEAVES_MAX)) };
    const turns = Math.max(1, Math.min(TURNS_MAX, Math.ceil(leaves.length / LEAVES_MAX)));
    for (let turn = 0; turn < turns; turn++) {
      const wanted = leaves.slice(turn * LEAVES_MAX, (turn + 1) * LEAVES_MAX);
      const since = turn ? [] : [...new Set(from.map((one) => String(one.size)))];
      const path = `/log/proofs?size=${tree.size}&leaves=${wanted.join(",")}&since=${since.join(",")}`;
      const text = await this.waiting(this.ask(path).catch(orAway));
      if (text === null) {
        this.say("open", "proofs_away");
        return found;
      }
      const proofs = JSON.parse(text) as Proofs;
      if (BigInt(proofs.size) !== tree.size || proofs.since.length !== since.length)
        throw new VerifyError("other proofs");
      if (!turn) begin(proofs.since);
      wanted.forEach((one, at) => this.prove(one, proofs.entries[at], tree, found.entries));
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

/** Each leaf that the page names, once. */
function leavesOf({ leaf, events, breaches }: Shown): number[] {
  const all = [leaf, ...events.map((one) => one.leaf), ...breaches.map((one) => one.leaf)];
  return [...new Set(all.filter((one) => one !== null))];
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function orAway(error: unknown): null {
  if (error instanceof Away) return null;
  throw error;
}

function reasonOf(error: unknown): string {
  if (error instanceof VerifyError) return error.message;
  return error instanceof Error ? `the answer cannot be read: ${error.message}` : String(error);
}
