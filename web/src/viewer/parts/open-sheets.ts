/** Which sheets are open, in order: Escape closes the last one, wherever the focus is. */
type Close = () => void;

const open: Close[] = [];

addEventListener("keydown", (event) => {
  const top = open[open.length - 1];
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !top) return;
  event.preventDefault();
  top();
});

/** Notes a sheet as open; the answer takes the note back. */
export function noteOpen(close: Close): () => void {
  open.push(close);
  return () => {
    const index = open.indexOf(close);
    if (index >= 0) open.splice(index, 1);
  };
}
