/**
 * Signed notes and checkpoints, as C2SP signed-note and tlog-checkpoint have them; keys of Ed25519. What is accepted here is what
 * `python -m trace verify` accepts, and nothing more.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64, fromHex, joined, same, toHex, VerifyError } from "./bytes";
import { verifyEd25519 } from "./ed25519";
import { HASH_BYTES } from "./merkle";

const ED25519 = 1;
const KEY_ID_BYTES = 4;
const KEY_BYTES = 32;
const DASH = "\u2014 ";
const NOTE_CHARS_MAX = 200_000;
const SIGNATURES_MAX = 64;
const SIZE_MAX = 2n ** 63n - 1n;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;

/** A log's key: NAME+ID+KEY as it is published. */
export interface Key {
  name: string;
  id: Uint8Array;
  public: Uint8Array;
}

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Uint8Array;
}

interface Signature {
  name: string;
  id: Uint8Array;
  raw: Uint8Array;
}

/** Throws VerifyError. */
export function readKey(text: string): Key {
  const [name = "", id = "", ...rest] = text.trim().split("+");
  const coded = rest.join("+");
  checkName(name);
  const key = fromBase64(coded, "a key");
  if (key[0] !== ED25519 || key.length !== KEY_BYTES + 1) throw new VerifyError(`the key ${name} is none of Ed25519`);
  const expected = sha256(joined(new TextEncoder().encode(`${name}\n`), key)).slice(0, KEY_ID_BYTES);
  if (id !== toHex(expected)) throw new VerifyError(`the id of the key ${name} is not that of its key`);
  return { name, id: fromHex(id), public: key.slice(1) };
}

/** The tree that `key` has signed. Throws VerifyError. */
export async function verifiedCheckpoint(note: string, key: Key): Promise<Checkpoint> {
  const { text, signatures } = readNote(note);
  const [own, ...more] = signatures.filter(({ name, id }) => name === key.name && same(id, key.id));
  if (!own) throw new VerifyError("the key has not signed it");
  if (more.length) throw new VerifyError(`${key.name} has signed twice`);
  if (!(await verifyEd25519(key.public, own.raw, new TextEncoder().encode(text)))) {
    throw new VerifyError(`the signature of ${key.name} is not right`);
  }
  const tree = readCheckpoint(text);
  if (tree.origin !== key.name) throw new VerifyError(`the checkpoint is of the log ${tree.origin}`);
  return tree;
}

function readNote(note: string): { text: string; signatures: Signature[] } {
  if (note.length > NOTE_CHARS_MAX) throw new VerifyError("the note is too long");
  if (/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note)) throw new VerifyError("the note has control characters");
  const gap = note.lastIndexOf("\n\n");
  const signed = note.slice(gap + 2);
  if (gap < 0 || !signed.endsWith("\n")) throw new VerifyError("the note has no signatures");
  const lines = signed.slice(0, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw new VerifyError("the note has too many signatures");
  return { text: note.slice(0, gap + 1), signatures: lines.map(readSignature) };
}

function readSignature(line: string): Signature {
  const rest = line.startsWith(DASH) ? line.slice(DASH.length) : "";
  const space = rest.indexOf(" ");
  if (space < 0) throw new VerifyError("a line of signatures is none");
  const name = rest.slice(0, space);
  checkName(name);
  const raw = fromBase64(rest.slice(space + 1), "a signature");
  if (raw.length <= KEY_ID_BYTES) throw new VerifyError("a signature is too short");
  return { name, id: raw.slice(0, KEY_ID_BYTES), raw: raw.slice(KEY_ID_BYTES) };
}

function readCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3 || lines.some((line) => line === "")) {
    throw new VerifyError("a checkpoint is of three lines at least, none of them empty");
  }
  const [origin = "", size = "", root = ""] = lines;
  if (!SIZE.test(size) || BigInt(size) > SIZE_MAX) throw new VerifyError(`${size} is no size of a tree`);
  const hash = fromBase64(root, "the root");
  if (hash.length !== HASH_BYTES) throw new VerifyError("the root has not 32 bytes");
  return { origin, size: BigInt(size), root: hash };
}

function checkName(name: string): void {
  if (!name || /[\s+\p{C}]/u.test(name)) throw new VerifyError("a key's name has neither spaces nor a plus");
}
