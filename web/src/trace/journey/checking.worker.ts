/** The check, in a thread of its own; or in the page's, where it was asked for by a message to itself. */
import { ask, pause } from "./asking";
import { check } from "./checking";
import type { Remembered } from "./report";
import type { Shown } from "./shown";

export interface Asked {
  shown: Shown;
  remembered: Remembered | null;
}

addEventListener("message", ({ data, origin }: MessageEvent<Partial<Asked>>) => {
  if (origin && origin !== location.origin) return;
  if (!data.shown) return; // in the page: what this itself has said
  void check(data.shown, data.remembered ?? null, ask, () => new Date().toISOString(), pause).then((report) => {
    postMessage(report);
  });
});
