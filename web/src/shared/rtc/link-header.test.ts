import { describe, expect, it } from "vitest";
import { iceServersOf } from "./link-header";

describe("the servers that an answer names", () => {
  it("are read with their credentials", () => {
    const header =
      '<stun:stun.example.net>; rel="ice-server", ' +
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user, one"; credential="a\\"b"; credential-type="password"';
    expect(iceServersOf(header)).toEqual([
      { urls: "stun:stun.example.net" },
      { urls: "turn:turn.example.net?transport=udp", username: "user, one", credential: 'a"b' },
    ]);
  });

  it("leave out other links, and addresses that are no STUN or TURN server", () => {
    expect(iceServersOf('</next>; rel="next", <https://example.net>; rel="ice-server"')).toEqual([]);
    expect(iceServersOf(null)).toEqual([]);
    expect(iceServersOf("garbage")).toEqual([]);
  });
});
