/** What is wrong in a long form comes into sight, also from below the button. */
import { nextTick } from "vue";

export async function showFirstFault(form: () => HTMLElement | null): Promise<void> {
  await nextTick();
  form()?.querySelector(".fault, [aria-invalid='true']")?.scrollIntoView({ block: "center" });
}
