// @vitest-environment jsdom
// "Back" closes the sheet on top and not the room; when sheets are closed otherwise, the next "back" leaves the room.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { closeOverlays, giveFocusBack, holdBack, noteOpen, type Overlay } from "./overlays";

const moved = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** Opens a sheet that closes when it is told to. */
function sheet(): { closed: ReturnType<typeof vi.fn>; close: () => void } {
  const closed = vi.fn(() => done());
  const done = noteOpen({ close: closed, element: () => null, opener: null });
  return { closed, close: done };
}

const stepsHere = (): number => (history.state as { overlay?: number } | null)?.overlay ?? 0;

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

  it("closes two sheets when two steps are taken at once", async () => {
    const [below, above] = [sheet(), sheet()];
    await moved();
    history.go(-2);
    await moved();
    expect([above.closed.mock.calls.length, below.closed.mock.calls.length]).toEqual([1, 1]);
    expect([location.pathname, stepsHere()]).toEqual([`/r/room-${at}`, 0]);
  });

  it("makes no step of its own accord for what stays open below", async () => {
    const [below] = [sheet(), sheet()];
    await moved();
    const push = vi.spyOn(history, "pushState");
    history.back();
    await moved();
    expect([push.mock.calls.length, stepsHere()]).toEqual([0, 1]);
    push.mockRestore();
    below.close();
    await moved();
    expect([location.pathname, stepsHere()]).toEqual([`/r/room-${at}`, 0]);
  });

  it("leads nowhere by going forward again", async () => {
    const { closed } = sheet();
    await moved();
    history.back();
    await moved();
    history.forward();
    await moved();
    await moved();
    expect([closed.mock.calls.length, location.pathname, stepsHere()]).toEqual([1, `/r/room-${at}`, 0]);
    history.back();
    await moved();
    expect(location.pathname).toBe(`/rooms-${at}`);
  });

  it("takes back the step of a sheet that is closed above another, and of no other", async () => {
    const [below, above] = [sheet(), sheet()];
    await moved();
    above.close();
    await moved();
    expect([below.closed.mock.calls.length, stepsHere()]).toEqual([0, 1]);
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

describe("going to another page", () => {
  it("closes what is open and leaves no step behind", async () => {
    const [below, above] = [sheet(), sheet()];
    await moved();
    await closeOverlays();
    expect([below.closed.mock.calls.length, above.closed.mock.calls.length, stepsHere()]).toEqual([1, 1, 0]);
    history.back();
    await moved();
    expect(location.pathname).toBe(`/rooms-${at}`);
  });

  it("waits for the way back that is under way already", async () => {
    const { close } = sheet();
    await moved();
    close();
    await new Promise((resolve) => setTimeout(resolve));
    await closeOverlays();
    history.pushState(null, "", `/me-${at}`);
    await moved();
    expect(location.pathname).toBe(`/me-${at}`);
    history.back();
    await moved();
    expect([location.pathname, stepsHere()]).toEqual([`/r/room-${at}`, 0]);
  });
});

describe("a form that asks before what was typed is lost", () => {
  it("stays open, and so does its question, which the next step back closes alone", async () => {
    let question: ReturnType<typeof sheet> | null = null;
    const form = vi.fn(() => void (question ??= sheet()));
    const done = noteOpen({ close: form, element: () => null, opener: null });
    await moved();
    history.back();
    await moved();
    expect([form.mock.calls.length, question === null]).toEqual([1, false]);
    history.back();
    await moved();
    expect([
      (question as unknown as ReturnType<typeof sheet>).closed.mock.calls.length,
      form.mock.calls.length,
      location.pathname,
    ]).toEqual([1, 1, `/r/room-${at}`]);
    done();
    await moved();
  });
});

describe("Escape", () => {
  it("closes the one on top and no other", () => {
    const [below, above] = [sheet(), sheet()];
    dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect([above.closed.mock.calls.length, below.closed.mock.calls.length]).toEqual([1, 0]);
    below.close();
  });
});

describe("the focus", () => {
  const panel = (id: string): HTMLElement => {
    const element = document.createElement("div");
    element.id = id;
    element.tabIndex = -1;
    element.innerHTML = "<button></button>";
    document.body.append(element);
    return element;
  };
  const opened = (element: HTMLElement, opener: Element | null): { overlay: Overlay; close: () => void } => {
    const overlay: Overlay = { close: () => undefined, element: () => element, opener };
    const close = noteOpen(overlay);
    holdBack();
    return { overlay, close };
  };

  it("cannot go to what is below, and can again afterwards", () => {
    document.body.innerHTML = "<div id='app'></div><div id='words' data-above></div>";
    const [first, second] = [panel("first"), panel("second")];
    const inert = (): string[] => [...document.querySelectorAll("[inert]")].map(({ id }) => id);
    const below = opened(first, null);
    expect(inert()).toEqual(["app", "second"]);
    const above = opened(second, null);
    expect(inert()).toEqual(["app", "first"]);
    above.close();
    expect(inert()).toEqual(["app", "second"]);
    below.close();
    expect(inert()).toEqual([]);
  });

  it("goes back to where it came from, also when a sheet between has gone", () => {
    document.body.innerHTML = "<button id='opener'></button>";
    const opener = document.getElementById("opener");
    const [menu, inbox] = [panel("menu"), panel("inbox")];
    const first = opened(menu, opener);
    first.close();
    const second = opened(inbox, menu.querySelector("button"));
    second.close();
    giveFocusBack(second.overlay);
    expect(document.activeElement).toBe(opener);
  });

  it("goes to the beginning of the page when where it came from has gone", () => {
    document.body.innerHTML = "<div id='app'><h1 id='heading'></h1><button id='opener'></button></div>";
    const opener = document.getElementById("opener");
    const sheet = opened(panel("sign-in"), opener);
    opener?.remove();
    sheet.close();
    giveFocusBack(sheet.overlay);
    expect(document.activeElement?.id).toBe("heading");
  });

  it("goes to what is on top when what had it before is not", () => {
    document.body.innerHTML = "<button id='opener'></button>";
    const [below, above] = [panel("below"), panel("above")];
    const gone = opened(below, document.getElementById("opener"));
    const top = opened(above, null);
    gone.close();
    giveFocusBack(gone.overlay);
    expect(document.activeElement).toBe(above);
    top.close();
  });
});
