/**
 * A field that takes as much as the server does, counted as the server counts. `maxlength` counts UTF-16 units: two for most
 * emoji, more for families and flags, and two for a Vietnamese letter that is typed in pieces; and it cuts them in two.
 *
 *     const write = useLimitedText(text, () => 200);
 *     <input :value="text" @input="write" @compositionend="write" />
 */
import type { WritableComputedRef, ShallowRef } from "vue";
import { fitting } from "./text";

export function useLimitedText(
  text: WritableComputedRef<string> | ShallowRef<string>,
  max: () => number,
): (event: Event) => void {
  return (event) => {
    text.value = limitedText(event, max());
  };
}

/** What stays in the field of this event; for texts that are no refs. */
export function limitedText(event: Event, max: number): string {
  const field = event.target as HTMLInputElement | HTMLTextAreaElement;
  // What is being composed may yet become shorter, and must not be taken away from under the fingers.
  if (!("isComposing" in event && event.isComposing)) {
    const { value, selectionEnd } = field;
    const kept = fitting(value, selectionEnd ?? value.length, max);
    if (kept.text !== value) {
      field.value = kept.text;
      field.setSelectionRange(kept.caret, kept.caret);
    }
  }
  return field.value;
}
