import Hls from "hls.js";
import { expect, it } from "vitest";
import { BUFFERED_WITHIN_S, takeShortParts } from "./hls-way";

it("finds inside of hls.js what keeps it from asking for short last parts", () => {
  const hls = new Hls({ enableWorker: false });
  const inside = hls as unknown as { streamController: { fragmentTracker: { bufferPadding: number } } };
  expect(inside.streamController.fragmentTracker.bufferPadding).toBe(0.2);
  takeShortParts(hls);
  expect(inside.streamController.fragmentTracker.bufferPadding).toBe(BUFFERED_WITHIN_S);
  hls.destroy();
});
