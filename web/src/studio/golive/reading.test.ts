import { describe, expect, it } from "vitest";
import { readingOf } from "./reading";

const rows = (
  bytes: number,
  packets: number,
  lost: number,
  more: Record<string, unknown> = {},
): Record<string, unknown>[] => [
  { type: "outbound-rtp", kind: "audio", bytesSent: 1 },
  {
    type: "outbound-rtp",
    kind: "video",
    bytesSent: bytes,
    packetsSent: packets,
    framesPerSecond: 29.9,
    frameWidth: 720,
    frameHeight: 1280,
    qualityLimitationReason: "none",
    ...more,
  },
  { type: "remote-inbound-rtp", kind: "video", packetsLost: lost, roundTripTime: 0.05 },
  { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 },
];

describe("a reading", () => {
  it("is what left since the one before", () => {
    const first = readingOf(rows(100_000, 100, 0), 1_000, null);
    expect(first?.reading.bitrateBps).toBe(0);
    const second = readingOf(rows(412_500, 400, 15), 2_000, first?.counters ?? null);
    expect(second?.reading).toEqual({
      bitrateBps: 2_500_000,
      rttMs: 50,
      loss: 0.05,
      fps: 29.9,
      width: 720,
      height: 1280,
      limited: null,
    });
  });

  it("says what holds the encoder back", () => {
    expect(readingOf(rows(1, 1, 0, { qualityLimitationReason: "bandwidth" }), 1, null)?.reading.limited).toBe(
      "bandwidth",
    );
  });

  it("takes the path's round trip while the other side has not reported", () => {
    expect(
      readingOf(
        rows(1, 1, 0).filter(({ type }) => type !== "remote-inbound-rtp"),
        1,
        null,
      )?.reading.rttMs,
    ).toBe(200);
  });

  it("notes whether the other side still says anything", () => {
    const of = (bytesReceived: number): number | undefined =>
      readingOf([...rows(1, 1, 0), { type: "transport", bytesReceived }], 1, null)?.counters.heard;
    expect([of(10), of(10), of(90)]).toEqual([10, 10, 90]);
  });

  it("survives counters that start again with a new session", () => {
    const late = readingOf(rows(9_000_000, 9_000, 90), 1_000, null);
    expect(readingOf(rows(1_000, 10, 0), 2_000, late?.counters ?? null)?.reading).toMatchObject({
      bitrateBps: 0,
      loss: 0,
    });
  });

  it("is none before video leaves", () => {
    expect(readingOf([{ type: "transport" }], 1, null)).toBeNull();
  });
});
