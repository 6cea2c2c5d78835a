/** Keeps the focus inside a panel while it is open, and gives it back afterwards; the panel itself takes it first. */
import { nextTick, watch, type Ref } from "vue";

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), textarea, summary, [tabindex='0']";

export function useFocusInside(open: Readonly<Ref<boolean>>, panel: Readonly<Ref<HTMLElement | null>>): (event: KeyboardEvent) => void {
  let before: Element | null = null;

  watch(open, async (now) => {
    if (now) {
      before = document.activeElement;
      await nextTick();
      panel.value?.focus({ preventScroll: true });
    } else if (before instanceof HTMLElement) {
      before.focus({ preventScroll: true });
    }
  });

  return (event) => {
    if (event.key !== "Tab") return;
    const inside = panel.value?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [];
    const edge = event.shiftKey ? inside[0] : inside[inside.length - 1];
    const next = event.shiftKey ? inside[inside.length - 1] : inside[0];
    const atStart = event.shiftKey && document.activeElement === panel.value;
    if (!next || (document.activeElement !== edge && !atStart)) return;
    event.preventDefault();
    next.focus();
  };
}
