/** What the page shows, as text, and what an entry of the log says that it has to show. Pure. */
import kinds from "./kinds.json";

export type Language = "zh" | "en";

/** Facts as somebody reads them, by name: those of an element with `data-fact`. */
export type Facts = Partial<Record<string, string>>;

export interface ShownEntry {
  /** Its place in the log; null as long as no published checkpoint has it. */
  leaf: number | null;
  facts: Facts;
}

export interface ShownChain {
  id: string;
  /** Of `GET /api/log/anchors/{anchoring}`; empty where the page shows a chain and does not say which. */
  anchoring: string;
  logged: string;
  anchored: string;
  /** Of a chain that proves nothing. */
  isDevelopment: boolean;
}

export interface Shown {
  language: Language;
  /** The shop's time zone, in which the page tells times. */
  zone: string;
  batch: string;
  leaf: number | null;
  head: Facts;
  events: ShownEntry[];
  breaches: ShownEntry[];
  certificates: Facts[];
  chain: ShownChain | null;
  /** What it says of the batch in a word: in the log, on the chain. */
  badges: string[];
}

interface Place {
  name: string;
  lat: string;
  lon: string;
}

/** Entries of the types that a journey is told from (trace/batches/saying.py, trace/coldchain/finding.py). */
export interface Entry {
  type: string;
  at: string;
  batch?: string;
  batches?: string[];
  lot?: string;
  gtin?: string;
  units?: number;
  serial?: string;
  made_by?: string;
  made_at?: string;
  kind?: string;
  done_at?: string;
  packed_at?: string;
  place?: Place;
  celsius?: string | null;
  limit?: string | null;
  cause?: string;
  from?: string;
  reading_at?: string;
  certificates?: { kind: string; number: string; valid_until?: string }[];
}

/** A fact that differs: what the page shows, and what the log says; either may have none. */
export interface Difference {
  fact: string;
  shown: string;
  said: string;
}

const MADE_BY: Partial<Record<string, string>> = { harvest: "harvested", slaughter: "slaughtered", kitchen: "cooked" };
const DEGREES = ["above", "below", "handover"]; // causes whose limit is a temperature
const EARTH_KM = 6371.0088;
const KM_OFF_MAX = 0.051;
const CELSIUS_OFF_MAX = 0.0051; // the log has two decimals

export type Clock = (at: string) => string;

/** Times as the page writes them: `2026-11-28 14:10`. Making one takes a phone some milliseconds. */
export function clockOf(zone: string): Clock {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}`;
  };
}

/** Compares a page with entries, in the order in which it tells them. */
export class Comparison {
  private readonly lots = new Map<string, string>();
  private last: Place | null | undefined = null; // undefined: nobody can tell

  /** `entries`: all that were found in the log, by leaf. */
  constructor(
    private readonly shown: Shown,
    private readonly clock: Clock,
    entries: ReadonlyMap<number, Entry>,
  ) {
    for (const { type, batch, lot } of entries.values())
      if (type === "batch" && batch && lot) this.lots.set(batch, lot);
  }

  /** The batch itself. */
  head(entry: Entry): Difference[] {
    const { batch, head } = this.shown;
    if (entry.type !== "batch" || entry.batch !== batch) return [another(entry)];
    const said: Facts = {
      lot: entry.lot,
      gtin: entry.gtin,
      made: entry.made_at && this.clock(entry.made_at),
      units: String(entry.units).replace(/\B(?=(\d{3})+$)/g, ","),
    };
    return differences({ ...head, serial: undefined }, said);
  }

  /** A step of the story; null where its entry is not in the log yet. */
  event(shown: ShownEntry, entry: Entry | null): Difference[] {
    if (!entry) {
      if (shown.facts.place !== undefined) this.last = undefined;
      return this.unlogged(shown);
    }
    const kind = kindOf(entry);
    const at = { batch: entry.made_at, batch_step: entry.done_at, box_packed: entry.packed_at }[entry.type];
    if (kind === null || !at) return [another(entry)];
    const said: Facts = {
      kind: kinds.steps[this.shown.language][kind as keyof (typeof kinds.steps)["en"]] ?? kind,
      at: this.clock(at),
      leaf: String(shown.leaf),
    };
    const isOwn = entry.batch === this.shown.batch;
    // Of another batch it has to say so, by whichever lot.
    if (!isOwn) said.lot = this.lots.get(entry.batch ?? "") ?? shown.facts.lot ?? entry.batch;
    if (typeof entry.celsius === "string")
      said.celsius = close(shown.facts.celsius, Number(entry.celsius), CELSIUS_OFF_MAX);
    if (entry.place) this.at(entry.place, shown.facts, said);
    if (entry.type === "box_packed" && entry.serial !== this.shown.head.serial) {
      return [{ fact: "serial", shown: this.shown.head.serial ?? "", said: entry.serial ?? "" }];
    }
    return differences(shown.facts, said);
  }

  /** What is shown without an entry: it cannot have a number. */
  unlogged({ leaf, facts }: ShownEntry): Difference[] {
    return leaf === null && facts.leaf !== undefined ? [{ fact: "leaf", shown: facts.leaf, said: "" }] : [];
  }

  /** A breach of the cold chain. */
  breach(shown: ShownEntry, entry: Entry): Difference[] {
    if (entry.type !== "cold_chain_breach" || !entry.from || !entry.reading_at) return [another(entry)];
    const said: Facts = {
      kind: kinds.causes[this.shown.language][entry.cause as keyof (typeof kinds.causes)["en"]] ?? entry.cause,
      from: this.clock(entry.from),
      at: this.clock(entry.reading_at),
      leaf: String(shown.leaf),
    };
    if (typeof entry.celsius === "string")
      said.celsius = close(shown.facts.celsius, Number(entry.celsius), CELSIUS_OFF_MAX);
    if (typeof entry.limit === "string" && DEGREES.includes(entry.cause ?? ""))
      said.limit = close(shown.facts.limit, Number(entry.limit), CELSIUS_OFF_MAX);
    return differences(shown.facts, said);
  }

  private at(place: Place, shown: Facts, said: Facts): void {
    said.place = place.name;
    if (this.last === undefined) said.km = shown.km;
    else if (this.last) {
      const km = kmBetween(this.last, place);
      if (Math.round(km * 10) !== 0 || shown.km !== undefined) said.km = close(shown.km, km, KM_OFF_MAX);
    }
    this.last = place;
  }
}

/** The batch whose entry has a certificate that is shown, this one rather than another; null where none has. */
export function carrierOf(shown: Facts, language: Language, entries: Iterable<Entry>, own: string): string | null {
  let found: string | null = null;
  for (const { type, batch, certificates } of entries) {
    for (const one of certificates ?? []) {
      const kind = kinds.certificates[language][one.kind as keyof (typeof kinds.certificates)["en"]] ?? one.kind;
      const said: Facts = { kind, number: one.number };
      if (one.valid_until !== undefined) said.until = one.valid_until;
      if (type === "batch" && batch && found !== own && !differences(shown, said).length) found = batch;
    }
  }
  return found;
}

/** Whether a step may be the making of a batch, whose entry has the batch's certificates. */
export function mayCarry({ facts }: ShownEntry, language: Language): boolean {
  const made = ["harvested", "slaughtered", "cooked", "split", "merge", "repack"] as const;
  return made.some((kind) => kinds.steps[language][kind] === facts.kind);
}

/** What an entry is about. */
export function batchesOf({ batch, batches }: Entry): string[] {
  return batch === undefined ? (batches ?? []) : [batch];
}

/** What a page says in a word, of what its marks say. */
export function badgesOf({ language, leaf, chain }: Shown): string[] {
  const words = kinds.badges[language];
  const badges = [leaf === null ? words.pending : words.logged, chain ? words.anchored : words.not_anchored];
  return chain?.isDevelopment ? [...badges, words.development] : badges;
}

function kindOf({ type, made_by, kind }: Entry): string | null {
  if (type === "batch") return made_by ? (MADE_BY[made_by] ?? made_by) : null;
  if (type === "batch_step") return kind ?? null;
  return type === "box_packed" ? "boxed" : null;
}

function another({ type }: Entry): Difference {
  return { fact: "entry", shown: "", said: type };
}

/** What is shown, if that is the number but for its rounding; else the number. */
function close(shown: string | undefined, number: number, offMax: number): string {
  const isNumber = shown !== undefined && /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(shown);
  return isNumber && Math.abs(Number(shown) - number) <= offMax ? shown : String(Math.round(number * 100) / 100);
}

function differences(shown: Facts, said: Facts): Difference[] {
  return [...new Set([...Object.keys(shown), ...Object.keys(said)])]
    .filter((fact) => shown[fact] !== said[fact])
    .map((fact) => ({ fact, shown: shown[fact] ?? "", said: said[fact] ?? "" }));
}

/** As trace/journey/distance.py: the haversine formula. */
function kmBetween(one: Place, other: Place): number {
  const [lat, lon, lat2, lon2] = [one.lat, one.lon, other.lat, other.lon].map((each) => (Number(each) * Math.PI) / 180);
  if (lat === undefined || lon === undefined || lat2 === undefined || lon2 === undefined) return NaN;
  const chord = Math.sin((lat2 - lat) / 2) ** 2 + Math.cos(lat) * Math.cos(lat2) * Math.sin((lon2 - lon) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
