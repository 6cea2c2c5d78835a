// The number found is one: SHA-256, as the platform's own, of ticket and number begins with that many zero bits.
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { guesser, PROOF_MS_MAX, prove } from "./proof";

function zeroBits(text: string): number {
  const bits = [...createHash("sha256").update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return bits.indexOf("1");
}

describe("a proof of work", () => {
  // Lengths at which the number, the padding or the prefix reach into another block.
  it.each([0, 1, 40, 54, 55, 56, 62, 63, 64, 65, 118, 119, 127, 128, 200, 256])(
    "is counted right for a ticket of %i characters",
    (length) => {
      const ticket = "tiCk3t-".repeat(40).slice(0, length);
      const guess = guesser(ticket);
      for (const n of [0, 7, 12, 999, 65_536, 123_456_789, 9_007_199_254_740_991])
        expect([n, guess(n)]).toEqual([n, zeroBits(`${ticket}.${n}`)]);
    },
  );

  it("is found", async () => {
    const found = await prove("a.ticket", 12);
    expect(zeroBits(`a.ticket.${found}`)).toBeGreaterThanOrEqual(12);
    expect(found).toMatch(/^\d+$/);
  });

  it("is the first number when nothing is asked", async () => {
    expect(await prove("t", 0)).toBe("0");
  });

  it("is given up when it takes longer than its ticket is good for", async () => {
    vi.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValue(PROOF_MS_MAX);
    await expect(prove("t", 200)).rejects.toMatchObject({ name: "no_answer" });
  });

  it("is given up when nobody wants it any more", async () => {
    const stop = new AbortController();
    const proof = prove("t", 200, stop.signal);
    stop.abort(new Error("gone"));
    await expect(proof).rejects.toThrow("gone");
  });
});
