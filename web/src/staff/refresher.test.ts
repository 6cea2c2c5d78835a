// Asked often, it loads seldom; asked during a load, it loads once more; a failure is tried again, a final one is not.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noAnswer, Refusal } from "@shared/refusal";
import { createRefresher } from "./refresher";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("createRefresher", () => {
  it("loads at once, then not before the gap is over", async () => {
    const load = vi.fn(async () => undefined);
    const refresher = createRefresher(load, 1_000);
    refresher.ask();
    refresher.ask();
    await vi.advanceTimersByTimeAsync(0);
    expect(load).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 5; n += 1) refresher.ask();
    await vi.advanceTimersByTimeAsync(999);
    expect(load).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(load).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("loads once more when asked during a load", async () => {
    let finish = (): void => undefined;
    const load = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const refresher = createRefresher(load, 100);
    refresher.ask();
    await vi.advanceTimersByTimeAsync(0);
    refresher.ask();
    refresher.ask();
    finish();
    await vi.advanceTimersByTimeAsync(100);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("tries again after a failure", async () => {
    const load = vi.fn(async () => undefined).mockRejectedValueOnce(noAnswer());
    createRefresher(load, 100).ask();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(load).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("gives up when it is not allowed, and when stopped", async () => {
    const forbidden = vi.fn(() => Promise.reject(new Refusal({ code: 1102, name: "forbidden", message: "" }, 403)));
    createRefresher(forbidden, 100).ask();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(forbidden).toHaveBeenCalledTimes(1);

    const load = vi.fn(async () => undefined);
    const stopped = createRefresher(load, 100);
    stopped.ask();
    stopped.stop();
    stopped.ask();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(load).not.toHaveBeenCalled();
  });
});
