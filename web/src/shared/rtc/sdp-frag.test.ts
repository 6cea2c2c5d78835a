import { describe, expect, it } from "vitest";
import { answerAfterRestart, candidatesOf, fragmentOf, iceOf } from "./sdp-frag";

const SECTION = (media: string, mid: string): string[] => [
  `m=${media} 9 UDP/TLS/RTP/SAVPF 96`,
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:old1",
  "a=ice-pwd:oldpasswordoldpasswordold",
  `a=mid:${mid}`,
  "a=candidate:1 1 udp 2130706431 127.0.0.1 4000 typ host",
  "a=end-of-candidates",
];
const SDP = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=ice-lite",
  ...SECTION("audio", "0"),
  ...SECTION("video", "1"),
  "",
].join("\r\n");
const NEW =
  "a=ice-ufrag:new1\r\na=ice-pwd:newpasswordnewpasswordnew\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:2 1 udp 2130706431 127.0.0.1 5000 typ host\r\n";

describe("a trickle fragment", () => {
  it("names the credentials and the first media section", () => {
    expect(iceOf(SDP)).toEqual({ ufrag: "old1", pwd: "oldpasswordoldpasswordold", media: "audio", mid: "0" });
    expect(iceOf("v=0\r\n")).toBeNull();
  });

  it("lists candidates, and says when they are all", () => {
    const ice = { ufrag: "u", pwd: "p", media: "video", mid: "0" };
    expect(fragmentOf(ice, ["candidate:1 1 udp 1 127.0.0.1 9 typ host"], true)).toBe(
      "a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n",
    );
    expect(fragmentOf(ice, [], false)).not.toContain("end-of-candidates");
  });
});

describe("the answer after an ICE restart", () => {
  const after = answerAfterRestart(SDP, NEW) ?? "";

  it("has the new credentials in every section, and none of the old ones", () => {
    expect(after.match(/a=ice-ufrag:new1/g)).toHaveLength(2);
    expect(after).not.toContain("old");
  });

  it("has the new candidates alone, in the first section", () => {
    expect(candidatesOf(after)).toEqual(["candidate:2 1 udp 2130706431 127.0.0.1 5000 typ host"]);
    expect(after.indexOf("candidate:2")).toBeLessThan(after.indexOf("m=video"));
  });

  it("keeps the rest, line for line", () => {
    const rest = (sdp: string): string[] =>
      sdp.split("\r\n").filter((line) => !/^a=(ice-ufrag|ice-pwd|candidate|end-of)/.test(line));
    expect(rest(after)).toEqual(rest(SDP));
  });

  it("is not made of a fragment without credentials", () => {
    expect(answerAfterRestart(SDP, "a=candidate:1")).toBeNull();
  });
});
