/**
 * What a label says, read on the phone, so that what is no code of a lot is refused at once, also without a network. Pure. It knows
 * what our labels and the barcodes of boxes say; the server (trace/gs1) reads more, and has the last word.
 *
 *     https://shop.example/01/09520123456788/10/A/21/7    ]Q30109520123456788<GS>10A    (01)09520123456788(10)A
 */

export interface LotCode {
  /** 14 digits. */
  gtin: string;
  lot: string;
  serial: string | null;
  /** Where the address in it leads; null: it has none. */
  host: string | null;
}

/** Why there is no lot in it: keys of `field.code.fault.*`. */
export type CodeFault = "empty" | "long" | "notGs1" | "checkDigit" | "noLot" | "lot" | "serial" | "twice";

export type ReadCode = { code: LotCode; fault: null } | { code: null; fault: CodeFault };

const CHARS_MAX = 2_048;
const GTIN_DIGITS = 14;
const SHORTER = [8, 12, 13];
/** GS1 General Specifications, figure 7.11-1: CSET 82, at most 20 of them in a lot and in a serial. */
const CSET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const ADDRESS = /^https?:\/\/([^/?#]+)([^?#]*)/i;
const GS = "\u001d";
/** The sign that a reader puts before what it read (ISO/IEC 15424). */
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;
const IN_BRACKETS = /^(?:\(\d{2,4}\)[^()\u001d]+)+$/;

/** The digit that stands behind `digits` (GS1 General Specifications, 7.9.1). */
export function checkDigit(digits: string): number {
  const sum = [...digits].reverse().reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10;
}

/** A GTIN of 8, 12, 13 or 14 digits with 14; null: its form or its check digit is wrong. */
export function gtinOf(text: string): string | null {
  const bare = text.replace(/[\s-]/g, "");
  if (!/^\d+$/.test(bare) || (bare.length !== GTIN_DIGITS && !SHORTER.includes(bare.length))) return null;
  const gtin = bare.padStart(GTIN_DIGITS, "0");
  return checkDigit(gtin.slice(0, -1)) === Number(gtin.at(-1)) ? gtin : null;
}

/** Whether a lot or a serial may be this. */
export function isCset82(text: string): boolean {
  return CSET_82.test(text);
}

export function readCode(scanned: string): ReadCode {
  const text = scanned.trim();
  if (text === "") return fault("empty");
  if (text.length > CHARS_MAX) return fault("long");
  const address = ADDRESS.exec(text);
  if (address) return ofAddress((address[1] ?? "").toLowerCase(), address[2] ?? "");
  const bare = text.replace(SYMBOLOGY, "");
  const pairs = IN_BRACKETS.test(bare)
    ? [...bare.matchAll(/\((\d{2,4})\)([^()\u001d]+)/g)].map(([, ai = "", value = ""]): Pair => [ai, value])
    : ofElements(bare);
  if (pairs) return ofPairs(pairs, null);
  if (/^\d{8}$|^\d{12,14}$/.test(bare)) return fault(gtinOf(bare) === null ? "checkDigit" : "noLot");
  return fault("notGs1");
}

type Pair = readonly [ai: string, value: string];

function ofAddress(host: string, path: string): ReadCode {
  const parts = path.split("/").slice(1);
  const at = parts.lastIndexOf("01");
  if (at < 0 || parts[at + 1] === undefined) return fault("notGs1");
  const pairs: Pair[] = [];
  try {
    for (let next = at; next + 1 < parts.length; next += 2)
      pairs.push([parts[next] ?? "", decodeURIComponent(parts[next + 1] ?? "")]);
  } catch {
    return fault("notGs1");
  }
  return ofPairs(pairs, host);
}

/** Element strings: a GTIN, which has its length, then parts of any length up to the separator. Null: it is none. */
function ofElements(text: string): Pair[] | null {
  const begins = /^\u001d?01(\d{14})/.exec(text);
  if (!begins) return null;
  const pairs: Pair[] = [["01", begins[1] ?? ""]];
  let rest = text.slice(begins[0].length);
  while (rest !== "") {
    if (rest.startsWith(GS)) rest = rest.slice(1);
    // Dates, which have six digits and no separator behind them.
    const date = /^(1[1-7])(\d{6})/.exec(rest);
    const part = date ?? /^(10|21)([^\u001d]+)/.exec(rest) ?? /^(\d{2})[^\u001d]*/.exec(rest);
    if (!part) return null;
    pairs.push([part[1] ?? "", part[2] ?? ""]);
    rest = rest.slice(part[0].length);
  }
  return pairs;
}

function ofPairs(pairs: readonly Pair[], host: string | null): ReadCode {
  const said = new Map<string, string>();
  for (const [ai, value] of pairs) {
    if (said.has(ai) && said.get(ai) !== value) return fault("twice");
    said.set(ai, value);
  }
  const key = said.get("01");
  if (key === undefined) return fault("notGs1");
  const gtin = gtinOf(key);
  if (gtin === null) return fault("checkDigit");
  const lot = said.get("10");
  const serial = said.get("21") ?? null;
  if (lot === undefined) return fault("noLot");
  if (!isCset82(lot)) return fault("lot");
  if (serial !== null && !isCset82(serial)) return fault("serial");
  return { code: { gtin, lot, serial, host }, fault: null };
}

function fault(why: CodeFault): ReadCode {
  return { code: null, fault: why };
}

/** As the server reads it whatever the host was, and with any lot. */
export function elementString({ gtin, lot, serial }: Omit<LotCode, "host">): string {
  return `01${gtin}10${lot}${serial === null ? "" : `${GS}21${serial}`}`;
}
