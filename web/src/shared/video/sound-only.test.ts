import { describe, expect, it } from "vitest";
import { soundIn } from "./sound-only";

const TWO = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="opus",NAME="Opus",DEFAULT=YES,URI="opus/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="AAC",DEFAULT=YES,URI="aac/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1200000,CODECS="avc1.42e01f,opus",AUDIO="opus"
video/index.m3u8
`;

describe("the sound of a programme", () => {
  it("is the first rendition that can be played", () => {
    expect(soundIn(TWO)).toBe("opus/index.m3u8");
    expect(soundIn(TWO, (group) => group === "aac")).toBe("aac/index.m3u8");
  });

  it("is tried all the same where none is known", () => {
    expect(soundIn(TWO, () => false)).toBe("opus/index.m3u8");
  });

  it("is not there by itself where the picture carries it", () => {
    expect(soundIn("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo/index.m3u8\n")).toBeNull();
    expect(soundIn('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="muxed",NAME="m"\n')).toBeNull();
  });
});
