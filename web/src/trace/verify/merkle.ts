/**
 * Proofs of the Merkle tree of RFC 6962, checked as RFC 9162, 2.1.3.2 and 2.1.4.2, do it. Pure.
 *
 * Sizes and indices are bigint: a log may have more leaves than a number can count.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { joined, same, VerifyError } from "./bytes";

export const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(joined(LEAF, entry));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(joined(NODE, left, right));
}

/** Throws VerifyError where `hashes` do not prove that `leaf` is at `index` of the tree of `size` with this root. */
export function checkInclusion(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  hashes: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (index < 0n || index >= size) throw new VerifyError(`leaf ${index} is not in a tree of ${size}`);
  let at = index;
  let last = size - 1n;
  let found = leaf;
  for (const sibling of hashes) {
    checkHash(sibling);
    if (last === 0n) throw new VerifyError("the inclusion proof is too long");
    if (at & 1n || at === last) {
      found = nodeHash(sibling, found);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      found = nodeHash(found, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last) throw new VerifyError("the inclusion proof is too short");
  if (!same(found, root)) throw new VerifyError(`the proof of leaf ${index} leads to another root`);
}

/** Throws VerifyError where `hashes` do not prove that the tree of `size` begins with that of `before`. */
export function checkConsistency(
  before: bigint,
  size: bigint,
  hashes: readonly Uint8Array[],
  rootBefore: Uint8Array,
  root: Uint8Array,
): void {
  if (before <= 0n || before > size)
    throw new VerifyError(`there is no proof from a tree of ${before} to one of ${size}`);
  if (before === size) {
    if (hashes.length) throw new VerifyError("a proof between trees of one size is empty");
    if (!same(rootBefore, root)) throw new VerifyError(`two trees of ${size} leaves have different roots`);
    return;
  }
  const path = (before & (before - 1n)) === 0n ? [rootBefore, ...hashes] : [...hashes];
  const first = path.shift();
  if (!first) throw new VerifyError("the consistency proof is empty");
  let [at, last] = [before - 1n, size - 1n];
  while (at & 1n) [at, last] = [at >> 1n, last >> 1n];
  let [old, now] = [first, first];
  for (const sibling of path) {
    checkHash(sibling);
    if (last === 0n) throw new VerifyError("the consistency proof is too long");
    if (at & 1n || at === last) {
      [old, now] = [nodeHash(sibling, old), nodeHash(sibling, now)];
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      now = nodeHash(now, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last) throw new VerifyError("the consistency proof is too short");
  if (!same(old, rootBefore)) throw new VerifyError(`the proof does not begin at the tree of ${before}`);
  if (!same(now, root)) throw new VerifyError(`the proof does not lead to the tree of ${size}`);
}

function checkHash(hash: Uint8Array): void {
  if (hash.length !== HASH_BYTES) throw new VerifyError("a hash of a proof has not 32 bytes");
}
