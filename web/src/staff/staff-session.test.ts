// A pasted link or token gives the token.
import { describe, expect, it } from "vitest";
import { tokenIn } from "./staff-session";

describe("tokenIn", () => {
  it("takes a bare token, and one out of a link", () => {
    expect(tokenIn("  aaa.bbb.ccc\n")).toBe("aaa.bbb.ccc");
    expect(tokenIn("http://127.0.0.1:8080/ops#token=aaa.bbb.ccc")).toBe("aaa.bbb.ccc");
    expect(tokenIn("http://127.0.0.1:8080/ops#x=1&token=aaa.bbb.ccc&y=2")).toBe("aaa.bbb.ccc");
  });
});
