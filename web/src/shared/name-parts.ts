/** Names for the parts of a widget that takes none for them, e.g. the buttons of Vant's Stepper: `v-name-parts="{ '.minus': 'Less' }"`. */
import type { FunctionDirective } from "vue";

export const vNameParts: FunctionDirective<HTMLElement, Record<string, string>> = (widget, { value }) => {
  for (const [part, name] of Object.entries(value)) widget.querySelector(part)?.setAttribute("aria-label", name);
};
