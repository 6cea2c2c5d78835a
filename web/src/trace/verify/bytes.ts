/** Bytes and their texts. Pure. */

export class VerifyError extends Error {}

/** Bytes of base64 as RFC 4648, section 4, writes it, and in no other way. Throws VerifyError. */
export function fromBase64(text: string, what: string): Uint8Array {
  let raw: string;
  try {
    raw = atob(text);
  } catch {
    throw new VerifyError(`${what} is not base64`);
  }
  if (btoa(raw) !== text) throw new VerifyError(`${what} is not base64 as it is written`);
  return Uint8Array.from(raw, (each) => each.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new VerifyError("this is not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (each) => parseInt(each, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
