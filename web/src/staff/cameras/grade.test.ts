import { describe, expect, it } from "vitest";
import type { Health } from "@shared/api-types";
import { gradeOfHealth, gradeOfLink } from "./grade";

const LINK = { bitrateBps: 2_400_000, targetBps: 2_500_000, rttMs: 40, loss: 0 };
const HEALTH: Health = {
  bitrate_bps: 2_400_000,
  fps: 30,
  width: 720,
  height: 1280,
  loss: 0,
  jitter_ms: 5,
  rtt_ms: 40,
  keyframe_age_ms: 1_200,
  keyframe_interval_ms: 1_900,
  audio: true,
  since_ts: 0,
};

describe("a link", () => {
  it("is good when all is well", () => expect(gradeOfLink(LINK)).toBe("good"));

  it("is as bad as its worst figure", () => {
    expect(gradeOfLink({ ...LINK, loss: 0.03 })).toBe("fair");
    expect(gradeOfLink({ ...LINK, loss: 0.03, rttMs: 900 })).toBe("bad");
    expect(gradeOfLink({ ...LINK, bitrateBps: 1_400_000 })).toBe("fair");
    expect(gradeOfLink({ ...LINK, bitrateBps: 500_000 })).toBe("bad");
  });

  it("is not judged by what is not known yet", () =>
    expect(gradeOfLink({ ...LINK, rttMs: null, targetBps: 0, bitrateBps: 0 })).toBe("good"));
});

describe("a camera's picture", () => {
  it("is good when all is well", () => expect(gradeOfHealth(HEALTH)).toBe("good"));

  it("is told from loss, jitter, frames and keyframes", () => {
    expect(gradeOfHealth({ ...HEALTH, jitter_ms: 80 })).toBe("fair");
    expect(gradeOfHealth({ ...HEALTH, fps: 5 })).toBe("bad");
    expect(gradeOfHealth({ ...HEALTH, keyframe_age_ms: 6_000 })).toBe("fair");
    expect(gradeOfHealth({ ...HEALTH, rtt_ms: null, keyframe_age_ms: null })).toBe("good");
  });
});
