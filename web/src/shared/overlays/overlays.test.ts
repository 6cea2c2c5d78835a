// "Back" closes the sheet on top and not the room; when sheets are closed otherwise, the next "back" leaves the room.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { noteOpen } from "./open-sheets";

const moved = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** Opens a sheet that closes when it is told to. */
function sheet(): { closed: ReturnType<typeof vi.fn>; close: () => void } {
  const closed = vi.fn(() => done());
  const done = noteOpen(closed);
  return { closed, close: done };
}

let at = 0;

beforeEach(async () => {
  history.pushState(null, "", `/rooms-${++at}`);
  history.pushState(null, "", `/r/room-${at}`);
  await moved();
});

describe("going back", () => {
  it("closes the sheet and stays in the room", async () => {
    const { closed } = sheet();
    await moved();
    history.back();
    await moved();
    expect([closed.mock.calls.length, location.pathname]).toEqual([1, `/r/room-${at}`]);
    history.back();
    await moved();
    expect(location.pathname).toBe(`/rooms-${at}`);
  });

  it("closes one sheet at a time", async () => {
    const [below, above] = [sheet(), sheet()];
    await moved();
    history.back();
    await moved();
    expect([above.closed.mock.calls.length, below.closed.mock.calls.length]).toEqual([1, 0]);
    history.back();
    await moved();
    expect([below.closed.mock.calls.length, location.pathname]).toEqual([1, `/r/room-${at}`]);
  });

  it("leaves the room once the sheet was closed by hand", async () => {
    const { close, closed } = sheet();
    await moved();
    close();
    await moved();
    expect([closed.mock.calls.length, location.pathname]).toEqual([0, `/r/room-${at}`]);
    history.back();
    await moved();
    expect(location.pathname).toBe(`/rooms-${at}`);
  });

  it("leaves a sheet alone that took another's place", async () => {
    const first = sheet();
    await moved();
    first.close();
    const second = sheet();
    await moved();
    expect(second.closed).not.toHaveBeenCalled();
    history.back();
    await moved();
    expect([second.closed.mock.calls.length, location.pathname]).toEqual([1, `/r/room-${at}`]);
  });

  it("leaves a sheet alone that opens while our own step is under way", async () => {
    const first = sheet();
    await moved();
    first.close();
    await new Promise((resolve) => setTimeout(resolve));
    const second = sheet();
    await moved();
    expect(second.closed).not.toHaveBeenCalled();
    second.close();
    await moved();
    expect(location.pathname).toBe(`/r/room-${at}`);
  });
});
