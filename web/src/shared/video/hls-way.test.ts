// @vitest-environment jsdom
import Hls from "hls.js";
import { expect, it, vi } from "vitest";
import { BUFFERED_WITHIN_S, lowerPicture, ROUNDED_WITHIN_S, takeEveryPart } from "./hls-way";

interface Inside {
  networkControllers: {
    fragmentTracker?: { bufferPadding: number };
    getNextFragment?: (positionS: number, details: unknown) => unknown;
  }[];
}

it("finds inside of hls.js what keeps it from standing still at the end of a segment", () => {
  const hls = new Hls({ enableWorker: false });
  const loaders = (hls as unknown as Inside).networkControllers.filter((one) => one.getNextFragment);
  expect(loaders.length).toBeGreaterThanOrEqual(2); // picture and sound
  const asked = loaders.map((one) => {
    expect(one.fragmentTracker?.bufferPadding).toBe(0.2);
    return (one.getNextFragment = vi.fn());
  });
  takeEveryPart(hls);
  loaders.forEach((one, index) => {
    expect(one.fragmentTracker?.bufferPadding).toBe(BUFFERED_WITHIN_S);
    one.getNextFragment?.(12, "details");
    expect(asked[index]).toHaveBeenCalledWith(12 + ROUNDED_WITHIN_S, "details");
  });
  hls.destroy();
});

it("takes one picture with another sound for no lower picture", () => {
  const of = (...heights: number[]) => lowerPicture(heights.map((height) => ({ height })));
  expect([of(), of(720), of(720, 720), of(360, 720), of(360, 360, 720, 720)]).toEqual([null, null, null, 0, 1]);
});
