/**
 * What is said of each thing that a page shows, once its entries were asked for. What has no entry is open; but for what is so
 * new that the log cannot have published it, which is only told. Pure.
 */
import type { Line, Say } from "./report";
import { Comparison, batchesOf, carrierOf, mayCarry, type Clock, type Difference, type Entry } from "./shown";
import type { Shown, ShownEntry } from "./shown";

const NEW_MS = 60_000; // until a checkpoint is published that has an entry

export interface Found {
  /** By leaf, those that are proven. */
  entries: ReadonlyMap<number, Entry>;
  /** Leaves that proofs were asked for. */
  asked: ReadonlySet<number>;
  /** Of the tree. */
  size: bigint;
  /** What is on a chain: entries before `size`, since `at` as the page writes it. */
  anchored: { size: bigint; at: string } | null;
  now: string;
}

export class Comparing {
  private readonly counts = new Map<string, number>();
  private readonly fresh: readonly string[];

  constructor(
    private readonly shown: Shown,
    private readonly clock: Clock,
    private readonly found: Found,
    private readonly say: Say,
  ) {
    // Pages tell minutes: this one, and the one that it was a moment ago.
    this.fresh = [0, NEW_MS].map((ago) => clock(new Date(Date.parse(found.now) - ago).toISOString()));
  }

  run(): void {
    const { events, breaches } = this.shown;
    const comparison = new Comparison(this.shown, this.clock, this.found.entries);
    this.head(comparison);
    for (const one of events) this.entry(one, comparison.event(one, this.of(one.leaf)));
    for (const one of breaches) {
      const entry = this.of(one.leaf);
      this.entry(one, entry ? comparison.breach(one, entry) : comparison.unlogged(one));
    }
    this.certificates();
    const values = { size: String(this.found.size), asked: String(this.found.asked.size) };
    for (const [says, count] of this.counts)
      this.say(says === "waiting" ? "told" : "open", says, { ...values, count: String(count) });
  }

  private head(comparison: Comparison): void {
    const { leaf, batch, head } = this.shown;
    const entry = this.of(leaf);
    if (entry) return this.told("head", { leaf, facts: {} }, entry, comparison.head(entry));
    if (leaf !== null && this.found.asked.has(leaf)) return; // that it was not proven, or not answered, is said
    const [own] = [...this.found.entries].find(([, { type, batch: of }]) => type === "batch" && of === batch) ?? [];
    if (own !== undefined)
      this.say(
        "wrong",
        "head_differs",
        {},
        { differences: [{ fact: "leaf", shown: String(leaf ?? ""), said: `${own}` }] },
      );
    else if (leaf === null && this.isFresh(head.made)) this.say("told", "head_waiting");
    else this.say("open", "head_open");
  }

  private entry(one: ShownEntry, differences: Difference[]): void {
    const entry = this.of(one.leaf);
    if (entry) return this.told("event", one, entry, differences);
    if (differences.length) return this.say("wrong", "event_differs", { what: one.facts.kind ?? "" }, { differences });
    if (one.leaf === null) this.count(this.isFresh(one.facts.at) ? "waiting" : "unlogged");
    else if (BigInt(one.leaf) >= this.found.size) this.count("beyond");
    else if (!this.found.asked.has(one.leaf)) this.count("unasked");
  }

  private certificates(): void {
    const { batch, certificates, events, leaf, language } = this.shown;
    if (!certificates.length) return;
    const entries = [...this.found.entries.values()];
    const carriers = certificates.map((one) => carrierOf(one, language, entries, batch));
    const isKnown = this.of(leaf) && events.every((one) => this.of(one.leaf) ?? !mayCarry(one, language));
    certificates.forEach(({ kind = "", number = "" }, at) => {
      if (!carriers[at] && isKnown) this.say("wrong", "certificate_wrong", { number, kind });
    });
    const own = carriers.filter((one) => one === batch).length;
    const kin = carriers.filter((one) => one && one !== batch).length;
    const left = carriers.filter((one) => !one).length;
    if (own) this.say("right", "certificates", { count: String(own) });
    if (kin) this.say("told", "certificates_kin", { count: String(kin) });
    if (left && !isKnown) this.say("open", "certificates_open", { count: String(left) });
  }

  private told(says: "head" | "event", one: ShownEntry, entry: Entry, differences: Difference[]): void {
    const { leaf } = one;
    const { anchored } = this.found;
    const isOnChain = !differences.length && anchored && leaf !== null && BigInt(leaf) < anchored.size;
    const values = {
      what: one.facts.kind ?? "",
      leaf: String(leaf),
      logged: this.clock(entry.at),
      anchored: isOnChain ? anchored.at : "",
    };
    const more: Partial<Line> = { leaf: leaf ?? undefined, differences };
    if (differences.length) this.say("wrong", `${says}_differs`, values, more);
    // That other batches became this one, no entry of the page says.
    else if (!batchesOf(entry).includes(this.shown.batch)) this.say("told", "event_kin", values, more);
    else this.say("right", says, values, more);
  }

  private of(leaf: number | null): Entry | null {
    return leaf === null ? null : (this.found.entries.get(leaf) ?? null);
  }

  private isFresh(at: string | undefined): boolean {
    return at !== undefined && this.fresh.includes(at);
  }

  private count(says: string): void {
    this.counts.set(says, (this.counts.get(says) ?? 0) + 1);
  }
}
