/**
 * Proof of work, which a sale asks for under pressure: a number such that SHA-256 of "{ticket}.{number}" begins with so many
 * zero bits (FIPS 180-4). Worked out in slices, so that the picture goes on; crypto.subtle exists on secure pages only, and
 * one promise a guess would be slower than the guessing. Pure but for the pauses.
 */

import { noAnswer } from "@shared/refusal";

/** A ticket is good for so long; a proof that takes longer is worth nothing. */
export const PROOF_MS_MAX = 60_000;
/** Of the main thread at a time: less than a frame. */
const SLICE_MS = 8;
/** Guesses between two looks at the clock. */
const GUESSES = 256;

const ROUND = constants(64, (root) => Math.cbrt(root));
const START = constants(8, (root) => Math.sqrt(root));

/** Finds the number. Rejects with what `signal` was aborted with, and with a Refusal when it takes too long. */
export async function prove(ticket: string, zeroBits: number, signal?: AbortSignal): Promise<string> {
  const guess = guesser(ticket);
  const giveUpAt = performance.now() + PROOF_MS_MAX;
  for (let n = 0; performance.now() < giveUpAt;) {
    signal?.throwIfAborted();
    const until = performance.now() + SLICE_MS;
    do {
      for (const end = n + GUESSES; n < end; n++) if (guess(n) >= zeroBits) return String(n);
    } while (performance.now() < until);
    await pause();
  }
  throw noAnswer();
}

/** Zero bits that the digest of "{ticket}.{n}" begins with. */
export function guesser(ticket: string): (n: number) => number {
  const prefix = new TextEncoder().encode(`${ticket}.`);
  const whole = Math.floor(prefix.length / 64) * 64;
  // What does not change with the number is digested once.
  const before = START.slice();
  for (let at = 0; at < whole; at += 64) compress(before, prefix, at);
  const rest = prefix.subarray(whole);
  const tail = new Uint8Array(128);
  const state = new Uint32Array(8);
  return (n) => {
    state.set(before);
    const length = pad(tail, rest, String(n), prefix.length);
    for (let at = 0; at < length; at += 64) compress(state, tail, at);
    return leadingZeros(state);
  };
}

/** The last blocks: what is left of the prefix, the number, a one bit, zeros, and the length of it all in bits. */
function pad(tail: Uint8Array, rest: Uint8Array, number: string, prefixBytes: number): number {
  tail.fill(0);
  tail.set(rest);
  for (let i = 0; i < number.length; i++) tail[rest.length + i] = number.charCodeAt(i);
  const end = rest.length + number.length;
  tail[end] = 0x80;
  const length = end + 9 > 64 ? 128 : 64;
  new DataView(tail.buffer).setUint32(length - 4, (prefixBytes + number.length) * 8);
  return length;
}

function leadingZeros(state: Uint32Array): number {
  const first = state.findIndex((word) => word !== 0);
  return first < 0 ? 256 : first * 32 + Math.clz32(state[first] ?? 0);
}

const W = new Uint32Array(64);

/** One block of 64 bytes into the state. */
function compress(state: Uint32Array, bytes: Uint8Array, from: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, 64);
  for (let t = 0; t < 16; t++) W[t] = view.getUint32(t * 4);
  for (let t = 16; t < 64; t++) {
    const [far, near] = [W[t - 15] as number, W[t - 2] as number];
    const s0 = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
    const s1 = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
    W[t] = (W[t - 16] as number) + s0 + (W[t - 7] as number) + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const one =
      (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (ROUND[t] as number) + (W[t] as number)) |
      0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] as number) + word));
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractions of roots of the first primes, which is where the standard has its numbers from. */
function constants(count: number, root: (of: number) => number): Uint32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return Uint32Array.from(primes, (prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
