// @vitest-environment jsdom
import { expect, it } from "vitest";
import { parsePieces, variantIn } from "./replay-way";

const MASTER = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="main",URI="aac/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1315508,CODECS="avc1.42c01f,mp4a.40.2",AUDIO="aac"

video/index.m3u8
`;
const MEDIA = `#EXTM3U
#EXT-X-MAP:URI="m0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T21:24:51.904Z
#EXTINF:2.00000,
s0.m4s
#EXTINF:1.5,
s1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T21:30:00.000Z
#EXTINF:2.00000,a title: with a colon
s2.m4s
#EXT-X-ENDLIST
`;

it("reads which moment each segment of a playlist shows", () => {
  expect(parsePieces(MEDIA)).toEqual([
    { startS: 0, durationS: 2, ts: Date.UTC(2026, 10, 22, 21, 24, 51, 904) },
    { startS: 2, durationS: 1.5, ts: null },
    { startS: 3.5, durationS: 2, ts: Date.UTC(2026, 10, 22, 21, 30) },
  ]);
  expect(parsePieces("")).toEqual([]);
});

it("finds the first variant of a multivariant playlist", () => {
  expect(variantIn(MASTER)).toBe("video/index.m3u8");
  expect(variantIn(MEDIA)).toBeNull();
});
