/**
 * What tells a person that another page is there: its title in the tab, a word to who listens, and the focus on its heading,
 * where reading begins. Without that, a page that changes by itself is silent, and the focus stands on what is gone.
 */
import { nextTick, onScopeDispose, readonly, shallowRef, watch, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { START_LOCATION, useRouter } from "vue-router";

const SITE = "livehub";
/** What a page says of itself; null: what its route says. */
const own = shallowRef<string | null>(null);
const announced = shallowRef("");

/** Said by PageAnnouncer. */
export const announcedTitle: Readonly<Ref<string>> = readonly(announced);

/** The title of the page that this stands in, once it is known, e.g. that of a room. */
export function usePageTitle(title: () => string | null | undefined): void {
  watch(
    title,
    (now) => {
      own.value = now || null;
      // The page that was gone to stands only now, and what had the focus is gone.
      if (now && document.activeElement === document.body && announced.value) void nextTick(focusPage);
    },
    { immediate: true },
  );
  onScopeDispose(() => (own.value = null));
}

/** For the app's root: keeps the title, the word and the focus with the pages. */
export function useFollowPages(): void {
  const { t } = useI18n();
  const router = useRouter();
  const titled = (key: string | undefined): string => {
    const name = own.value ?? (key ? t(key) : "");
    return !name || name.includes(SITE) ? name || SITE : `${name} · ${SITE}`;
  };
  watch([() => router.currentRoute.value.meta.title, own, () => t("shared.notFound.title")], ([key]) => {
    document.title = titled(key);
    if (announced.value) announced.value = document.title;
  });
  const stop = router.afterEach((to, from, failure) => {
    if (failure || to.path === from.path || from === START_LOCATION) return;
    void nextTick(() => {
      announced.value = document.title;
      focusPage();
    });
  });
  onScopeDispose(stop);
}

function focusPage(): void {
  // A sheet that is open has the focus, and keeps it.
  if (!document.activeElement?.closest("[role='dialog']")) focusHeading();
}

/** Where reading begins. */
export function focusHeading(): void {
  const heading = document.querySelector<HTMLElement>("#app h1") ?? document.querySelector<HTMLElement>("#app main");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
