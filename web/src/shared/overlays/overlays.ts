/**
 * What lies over the page (sheets, dialogs, a celebration), in order: Escape and the way back close the one on top and no
 * other, wherever the focus is, and what is below it is out of reach.
 *
 * Each of them is one step of the history, marked with how many lie over the page there. It is made when something opens, which
 * is mostly when somebody pressed something: browsers may pass over steps that a page makes of its own accord, such as in answer
 * to "back". After "back" there are fewer steps than sheets, and those above are closed; where one stays (a form that asks whether
 * to lose what was typed) its step is made anew. When one is closed by other means its step is taken back, so that the next "back"
 * closes what is below, or leaves the page. Nothing is where "forward" would lead, so that is taken back as well.
 */
import { nextTick } from "vue";
import { focusHeading } from "../pages/page-title";

export interface Overlay {
  /** Somebody wants it closed. It may ask first, and stay. */
  close: () => void;
  /** What stays in reach; null where a library sees to that. */
  element: () => HTMLElement | null;
  /** What had the focus before. */
  opener: Element | null;
}

const MARK = "overlay";
/** Also below a modal overlay: words that appear, and what darkens the page and closes on a tap. */
const ABOVE = "[data-above], .van-overlay, .el-message, .el-overlay, .el-popper-container, script, style";
const open: Overlay[] = [];
/** Those that were, to know where the focus came from once what had it is gone as well. */
const byElement = new WeakMap<Element, Overlay>();
let inert: Element[] = [];
/** Our own way back is under way; it tells nothing. */
let leaving: Promise<void> | null = null;
/** A way back that leads nowhere (the page was about to go) is waited for no longer than this. */
const LEAVING_MS_MAX = 1_000;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("keydown", (event) => {
  const top = open[open.length - 1];
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !top) return;
  event.preventDefault();
  top.close();
});

addEventListener("popstate", () => {
  if (leaving) return;
  for (const overlay of open.slice(steps()).reverse()) overlay.close();
  // Those that closed are noted once that is drawn.
  void nextTick().then(soon);
});

/** Notes an overlay as open, on top; the answer takes the note back. */
export function noteOpen(overlay: Overlay): () => void {
  open.push(overlay);
  soon();
  return () => {
    const index = open.indexOf(overlay);
    if (index < 0) return;
    open.splice(index, 1);
    holdBack();
    soon();
  };
}

/** Lets nothing but the overlay on top be reached, once that stands. */
export function holdBack(): void {
  for (const element of inert) element.removeAttribute("inert");
  inert = [];
  const top = open[open.length - 1];
  const element = top?.element() ?? null;
  if (!top || !element) return;
  byElement.set(element, top);
  inert = [...document.body.children].filter(
    (child) => !child.contains(element) && !child.matches(ABOVE) && !child.hasAttribute("inert"),
  );
  for (const child of inert) child.setAttribute("inert", "");
}

/**
 * Gives the focus back after `overlay` is closed: to what is on top now, else to where it came from, however many ago; where that
 * has gone, such as the button to sign in, to the beginning of the page.
 */
export function giveFocusBack(overlay: Overlay): void {
  let target = overlay.opener;
  for (let from = closedAround(target); from; from = closedAround(target))
    target = from.opener === target ? null : from.opener;
  const top = open[open.length - 1]?.element();
  if (top && !top.contains(target)) target = top.contains(document.activeElement) ? null : top;
  if (target instanceof HTMLElement && target.isConnected) target.focus({ preventScroll: true });
  else if (target && !top) focusHeading();
}

/** Closes what is open and takes its steps back, for who is about to go to another page. */
export async function closeOverlays(): Promise<void> {
  // What its page has closed just now is noted once that is drawn; until then it would ask whether to lose what was sent.
  await nextTick();
  for (const overlay of open.splice(0).reverse()) overlay.close();
  holdBack();
  clearTimeout(timer);
  await leaving;
  await takeBack(steps());
}

export function isOverlaid(): boolean {
  return open.length > 0;
}

function closedAround(element: Element | null): Overlay | undefined {
  for (let here = element; here; here = here.parentElement) {
    const overlay = byElement.get(here);
    if (overlay && !open.includes(overlay)) return overlay;
  }
  return undefined;
}

/** How many lay over the page at this step of the history. */
function steps(): number {
  const count: unknown = (history.state as Record<string, unknown> | null)?.[MARK];
  return typeof count === "number" ? count : 0;
}

/** A step at once where one is missing; one too many is taken back later, so that one in place of another is no step at all. */
function soon(): void {
  clearTimeout(timer);
  if (open.length > steps()) queueMicrotask(settle);
  else timer = setTimeout(settle);
}

function settle(): void {
  if (leaving) return;
  for (let count = steps() + 1; count <= open.length; count++)
    history.pushState({ ...(history.state as object | null), [MARK]: count }, "");
  void takeBack(steps() - open.length);
}

async function takeBack(count: number): Promise<void> {
  if (count <= 0) return;
  leaving = new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(late);
      removeEventListener("popstate", done);
      leaving = null;
      resolve();
    };
    const late = setTimeout(done, LEAVING_MS_MAX);
    addEventListener("popstate", done);
    history.go(-count);
  });
  await leaving;
  // What opened or closed meanwhile.
  soon();
}

// Of a page that was loaded anew with something open.
soon();
