import { describe, expect, it } from "vitest";
import { CONNECT_MS, DIP_MS, GIVE_UP_MS, MEND_MS, nextStep, type Link } from "./mending";

const FRESH: Link = { downAtMs: null, mendedAtMs: null, mending: false };
const down = (atMs: number, more: Partial<Link> = {}): Link => ({ ...FRESH, downAtMs: atMs, ...more });

describe("a connection", () => {
  it("that stands needs nothing, and forgets what was", () => {
    expect(nextStep(down(1, { mendedAtMs: 2 }), "connected", 50)).toEqual({ step: "up", link: FRESH });
  });

  it("may dip for a moment", () => {
    const first = nextStep(FRESH, "disconnected", 1_000);
    expect(first).toEqual({ step: "wait", link: down(1_000) });
    expect(nextStep(first.link, "disconnected", 1_000 + DIP_MS - 1).step).toBe("wait");
    expect(nextStep(first.link, "disconnected", 1_000 + DIP_MS).step).toBe("mend");
  });

  it("that failed is mended at once", () => {
    expect(nextStep(FRESH, "failed", 1_000).step).toBe("mend");
  });

  it("is not mended twice at a time, but again when it did not help", () => {
    expect(nextStep(down(0, { mending: true }), "disconnected", 5_000).step).toBe("wait");
    expect(nextStep(down(0, { mendedAtMs: 2_000 }), "disconnected", 2_000 + MEND_MS - 1).step).toBe("wait");
    expect(nextStep(down(0, { mendedAtMs: 2_000 }), "disconnected", 2_000 + MEND_MS).step).toBe("mend");
  });

  it("that stays down is given up for a new session", () => {
    expect(nextStep(down(0, { mendedAtMs: 11_000 }), "disconnected", GIVE_UP_MS).step).toBe("reopen");
    expect(nextStep(FRESH, "closed", 1).step).toBe("reopen");
  });

  it("that never came to be is not mended, and given up sooner", () => {
    expect(nextStep(down(0), "connecting", CONNECT_MS - 1).step).toBe("wait");
    expect(nextStep(down(0), "connecting", CONNECT_MS).step).toBe("reopen");
  });
});
