/** Signatures of Ed25519: by the browser where it can, else by @noble/ed25519, as on pages without TLS and in old web views. */
import { hashes, verify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { toHex } from "./bytes";

hashes.sha512 = sha512;

/**
 * The y of points whose order divides 8, also where it is written as y + P; by such a key anybody can sign, and browsers do not
 * agree on it. The sign is the last bit.
 */
const P = 2n ** 255n - 19n;
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER = new Set(
  [0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y].flatMap((y) => [y, y + P]).filter((y) => y < 2n ** 255n),
);

/** Whether `raw` is the signature of `message` by the key of 32 bytes. Never by a key of small order. */
export async function verifyEd25519(key: Uint8Array, raw: Uint8Array, message: Uint8Array): Promise<boolean> {
  if (key.length !== 32 || raw.length !== 64 || isOfSmallOrder(key)) return false;
  const own = await byBrowser(key, raw, message);
  return own ?? byOurselves(key, raw, message);
}

export function isOfSmallOrder(key: Uint8Array): boolean {
  const y = BigInt(`0x${toHex(Uint8Array.from(key).reverse())}`) & (2n ** 255n - 1n);
  return SMALL_ORDER.has(y);
}

export function byOurselves(key: Uint8Array, raw: Uint8Array, message: Uint8Array): boolean {
  try {
    return verify(raw, message, key, { zip215: false });
  } catch {
    return false;
  }
}

/** Null where this browser has no Ed25519. */
async function byBrowser(key: Uint8Array, raw: Uint8Array, message: Uint8Array): Promise<boolean | null> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return null;
  try {
    const known = await subtle.importKey("raw", Uint8Array.from(key), "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", known, Uint8Array.from(raw), Uint8Array.from(message));
  } catch {
    return null;
  }
}
