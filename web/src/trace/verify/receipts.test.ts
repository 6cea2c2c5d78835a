import { describe, expect, it } from "vitest";
import { fromBase64, VerifyError } from "./bytes";
import { byOurselves, isOfSmallOrder, verifyEd25519 } from "./ed25519";
import { checkConsistency } from "./merkle";
import { readKey, verifiedCheckpoint } from "./notes";
import { checkReceipt, readReceipt } from "./receipts";
import made from "./receipts.json";

const key = readKey(made.key);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const checkpoints: Partial<Record<string, string>> = made.checkpoints;

function madeOf(size: number, index: number): { receipt: string; entry: string } {
  return made.receipts.find((one) => one.size === size && one.index === index) ?? { receipt: "", entry: "" };
}

const flipped = (raw: Uint8Array, at: number): Uint8Array => raw.map((byte, place) => (place === at ? byte ^ 1 : byte));

describe("a receipt", () => {
  it.each(made.receipts)("proves that entry $index is in the log of $size", async ({ entry, index, size, receipt }) => {
    const tree = await checkReceipt(readReceipt(receipt), bytes(entry), key);
    expect([tree.size, readReceipt(receipt).index]).toEqual([BigInt(size), BigInt(index)]);
  });

  it("proves nothing of another entry, index or key", async () => {
    const { receipt, entry } = madeOf(700, 350);
    await expect(checkReceipt(readReceipt(receipt), bytes(`${entry} `), key)).rejects.toThrow(VerifyError);
    const moved = receipt.replace("index 350", "index 351");
    await expect(checkReceipt(readReceipt(moved), bytes(entry), key)).rejects.toThrow(VerifyError);
    await expect(checkReceipt(readReceipt(receipt), bytes(entry), readKey(made.other))).rejects.toThrow(
      "the key has not signed it",
    );
  });

  it("is refused with any of its characters changed", async () => {
    const { receipt, entry } = madeOf(257, 256);
    for (let at = 0; at < receipt.length; at++) {
      const changed = receipt.slice(0, at) + (receipt[at] === "A" ? "B" : "A") + receipt.slice(at + 1);
      const check = (async () => checkReceipt(readReceipt(changed), bytes(entry), key))();
      await expect(check, `character ${at}`).rejects.toThrow(VerifyError);
    }
  });

  it("is one in its form alone", () => {
    const { receipt } = madeOf(1, 0);
    for (const wrong of [
      "",
      "\n\n",
      receipt.replace("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
      receipt.replace("index 0", "index 00"),
      receipt.replace("index 0", "index -1"),
      receipt.replace("index 0\n", ""),
      receipt.replace("index 0\n", "index 0\nAAAA\n"),
      receipt.replace("\n\n", "\n"),
    ]) {
      expect(() => readReceipt(wrong), wrong).toThrow(VerifyError);
    }
  });
});

describe("two checkpoints", () => {
  it.each(made.consistency)("of $before and $size are of one log", async ({ before, size, hashes }) => {
    const old = await verifiedCheckpoint(checkpoints[before] ?? "", key);
    const now = await verifiedCheckpoint(checkpoints[size] ?? "", key);
    const path = hashes.map((hash) => fromBase64(hash, "a hash"));
    expect(() => checkConsistency(old.size, now.size, path, old.root, now.root)).not.toThrow();
    const other = flipped(old.root, 0);
    expect(() => checkConsistency(old.size, now.size, path, other, now.root)).toThrow(VerifyError);
    expect(() => checkConsistency(old.size, now.size, [...path, old.root], old.root, now.root)).toThrow(VerifyError);
  });

  it("prove nothing from a tree of nothing", () => {
    const root = new Uint8Array(32);
    expect(() => checkConsistency(0n, 5n, [], root, root)).toThrow(VerifyError);
    expect(() => checkConsistency(6n, 5n, [], root, root)).toThrow(VerifyError);
  });
});

describe("a key", () => {
  it("is refused with another id, of another kind, or of no length that is right", () => {
    const [name, id, coded] = made.key.split(/\+(.{8})\+/) as [string, string, string];
    for (const wrong of [
      `${name}+00000000+${coded}`,
      `${name}+${id}+AQ==`,
      `${name}+${id}`,
      "",
      `a b+${id}+${coded}`,
    ]) {
      expect(() => readKey(wrong), wrong).toThrow(VerifyError);
    }
  });

  it("of small order verifies nothing, with or without the browser", async () => {
    const zero = new Uint8Array(32);
    const one = Uint8Array.of(1, ...new Array<number>(31).fill(0));
    // R = 1, S = 0: by the key 1 this is a signature of anything.
    const forged = Uint8Array.of(...one, ...zero);
    expect([isOfSmallOrder(zero), isOfSmallOrder(one), isOfSmallOrder(key.public)]).toEqual([true, true, false]);
    expect(await verifyEd25519(one, forged, bytes("anything"))).toBe(false);
  });

  it("is the same to us as to the browser", async () => {
    const text = made.checkpoints["700"].split("\n\n")[0] + "\n";
    const line = made.checkpoints["700"].trimEnd().split(" ").at(-1) ?? "";
    const raw = fromBase64(line, "a signature").slice(4);
    expect(byOurselves(key.public, raw, bytes(text))).toBe(true);
    expect(await verifyEd25519(key.public, raw, bytes(text))).toBe(true);
    expect(byOurselves(key.public, flipped(raw, 3), bytes(text))).toBe(false);
    expect(await verifyEd25519(key.public, flipped(raw, 3), bytes(text))).toBe(false);
  });
});
