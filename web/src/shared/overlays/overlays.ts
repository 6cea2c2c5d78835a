/**
 * Which sheets are open, in order: Escape and the way back close the last one, wherever the focus is.
 *
 * While any is open there is one more step in the history, marked, which is the one that "back" takes; when all are closed
 * by other means the step is taken back, so that the next "back" leaves the room.
 */
type Close = () => void;

const MARK = "sheet";
const open: Close[] = [];
/** Our own step back is under way; it tells nothing. */
let leaving = false;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("keydown", (event) => {
  const top = open[open.length - 1];
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !top) return;
  event.preventDefault();
  top();
});

addEventListener("popstate", () => {
  const wasOurs = leaving;
  leaving = false;
  if (!wasOurs && !isMarked()) open[open.length - 1]?.();
  soon();
});

/** Notes a sheet as open; the answer takes the note back. */
export function noteOpen(close: Close): () => void {
  open.push(close);
  soon();
  return () => {
    const index = open.indexOf(close);
    if (index >= 0) open.splice(index, 1);
    soon();
  };
}

function isMarked(): boolean {
  return (history.state as Record<string, unknown> | null)?.[MARK] === true;
}

/** Later, so that one sheet in place of another is no step at all. */
function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(settle);
}

function settle(): void {
  if (leaving || isMarked() === open.length > 0) return;
  if (open.length > 0) {
    history.pushState({ ...(history.state as object | null), [MARK]: true }, "");
  } else {
    leaving = true;
    history.back();
  }
}
// Of a page that was loaded anew with a sheet open.
soon();
