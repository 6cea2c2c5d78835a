/** Receipts, as C2SP tlog-proof has them: that an entry is in the log, checked without asking anybody. */
import { fromBase64, VerifyError } from "./bytes";
import { checkInclusion, HASH_BYTES, leafHash } from "./merkle";
import { verifiedCheckpoint, type Checkpoint, type Key } from "./notes";

const HEADER = "c2sp.org/tlog-proof@v1";
const EXTRA = "extra ";
const INDEX = /^index (0|[1-9][0-9]{0,18})$/;
const HASHES_MAX = 63;

export interface Receipt {
  index: bigint;
  hashes: Uint8Array[];
  /** The checkpoint as it was signed. */
  note: string;
}

/** Throws VerifyError. */
export function readReceipt(text: string): Receipt {
  const gap = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, Math.max(0, gap)).split("\n");
  if (gap < 0 || header !== HEADER) throw new VerifyError(`a receipt begins with ${HEADER}`);
  if (lines[0]?.startsWith(EXTRA)) fromBase64((lines.shift() ?? "").slice(EXTRA.length), "extra");
  const [, index] = INDEX.exec(lines.shift() ?? "") ?? [];
  if (index === undefined) throw new VerifyError("the receipt has no index");
  if (lines.length > HASHES_MAX) throw new VerifyError("the receipt has more hashes than a proof");
  const hashes = lines.map((line) => fromBase64(line, "a hash"));
  if (hashes.some((hash) => hash.length !== HASH_BYTES))
    throw new VerifyError("a hash of the receipt has not 32 bytes");
  return { index: BigInt(index), hashes, note: text.slice(gap + 2) };
}

/** The tree that has the entry. Throws VerifyError: the key has not signed it, or the entry is not in it. */
export async function checkReceipt(receipt: Receipt, entry: Uint8Array, key: Key): Promise<Checkpoint> {
  const tree = await verifiedCheckpoint(receipt.note, key);
  checkInclusion(leafHash(entry), receipt.index, tree.size, receipt.hashes, tree.root);
  return tree;
}
