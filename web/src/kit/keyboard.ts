/** How much of the page an on-screen keyboard covers, px. Pure. */

/** Less than this is a browser's bar. */
const KEYBOARD_PX_MIN = 80;

export interface Viewport {
  height: number;
  offsetTop: number;
  /** Above 1 while the page is zoomed by two fingers, when less of it is seen without anything covering it. */
  scale: number;
}

export function coveredPx(pageHeight: number, { height, offsetTop, scale }: Viewport): number {
  const covered = Math.round(scale > 1 ? pageHeight - height * scale : pageHeight - height - offsetTop);
  return covered > KEYBOARD_PX_MIN ? covered : 0;
}
