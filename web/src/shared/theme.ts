/** Light or dark: follows the system until someone chooses; tokens.css reads `data-theme` on the root element. */
import { ref, type Ref } from "vue";
import { lasting } from "./store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORE = "livehub.theme";
const theme = ref<Theme>(stored());

function stored(): Theme {
  const value = lasting.get(STORE);
  return value === "light" || value === "dark" ? value : "system";
}

/** Puts the chosen theme on the page; called once before mounting. */
export function applyTheme(): void {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

export function useTheme(): { theme: Readonly<Ref<Theme>>; setTheme: (next: Theme) => void } {
  return {
    theme,
    setTheme(next) {
      theme.value = next;
      if (next === "system") lasting.remove(STORE);
      else lasting.set(STORE, next);
      applyTheme();
    },
  };
}
