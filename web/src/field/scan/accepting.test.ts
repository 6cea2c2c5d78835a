import { describe, expect, it } from "vitest";
import { offline, Refusal } from "@shared/refusal";
import type { LotCode } from "../codes";
import { notOurs, type NotOurs } from "./accepting";

const CODE: LotCode = { gtin: "09520123456788", lot: "A", serial: null, host: "shop.example" };
const away = (): Promise<never> => Promise.reject(offline());

function ask(code: Partial<LotCode>, find: () => Promise<string | null>, known = false): Promise<NotOurs | null> {
  return notOurs({ ...CODE, ...code }, { host: "shop.example", isKnown: () => known, find });
}

describe("a code", () => {
  it("that the server knows is taken, whatever host it leads to", async () => {
    expect(await ask({}, () => Promise.resolve("b"))).toBeNull();
    expect(await ask({ host: "id.gs1.org" }, () => Promise.resolve("b"))).toBeNull();
  });

  it("of others is told from one of ours that there is no batch of", async () => {
    expect(await ask({ host: "other.example" }, () => Promise.resolve(null))).toBe("foreign");
    expect(await ask({}, () => Promise.resolve(null))).toBe("unknown");
    expect(await ask({ host: null }, () => Promise.resolve(null))).toBe("unknown");
  });

  it("of a box that was never made is a copy", async () => {
    const no = (): Promise<never> =>
      Promise.reject(new Refusal({ code: 6026, name: "box_not_found", message: "" }, 404));
    expect(await ask({ serial: "7" }, no, true)).toBe("box");
  });

  it("is taken without the server where it leads to us or is known, and else not", async () => {
    expect(await ask({}, away)).toBeNull();
    expect(await ask({ host: "other.example" }, away)).toBe("foreignUnchecked");
    expect(await ask({ host: "other.example" }, away, true)).toBeNull();
  });
});
