/**
 * A broadcast never ends by walking away: leaving the desk while this device sends, or the show is on, asks first, whatever
 * the way (Back, a swipe, a link, signing out).
 */
import { onScopeDispose } from "vue";
import { useI18n } from "vue-i18n";
import { useRouter, type RouteLocationNormalized } from "vue-router";
import { closeOverlays } from "@shared/overlays/overlays";
import type { Ask, AskFirst } from "@kit/confirm";
import { desk, endDesk, isOnAir, isSending } from "./desk";
import { deskPath } from "./pages";

/** The browser has gone back by itself already; until it is here again nothing may be added to its history. */
const RETURN_MAX_MS = 1_000;

export function useStayOnAir(ask: AskFirst): { maySignOut: () => Promise<boolean> } {
  const { t } = useI18n();
  const router = useRouter();
  let allowed = false;
  let asking = false;

  /** What to ask before going there; null: nothing is lost. */
  function question(to: RouteLocationNormalized, from: RouteLocationNormalized): Ask | null {
    const room = desk.value?.room;
    if (!room || to.path === from.path || to.path === deskPath(room)) return null;
    if (isSending.value && typeof to.params.room === "string") {
      return {
        title: t("studio.live.otherTitle"),
        text: t("studio.live.otherText"),
        action: t("studio.live.other"),
        danger: true,
      };
    }
    if (from.path !== deskPath(room) || !isOnAir.value) return null;
    return {
      title: t("studio.live.leaveTitle"),
      text: t(isSending.value ? "studio.live.leaveSending" : "studio.live.leaveLive"),
      action: t("studio.live.leave"),
    };
  }

  async function askToGo(to: RouteLocationNormalized, what: Ask, isBack: boolean): Promise<void> {
    if (asking) return;
    asking = true;
    if (isBack) await nextStep();
    const yes = await ask(what).finally(() => (asking = false));
    if (!yes) return;
    await closeOverlays();
    allowed = true;
    if (router.options.history.state.back === to.fullPath) router.back();
    else await router.push(to);
  }

  const stop = router.beforeEach((to, from) => {
    const what = allowed ? null : question(to, from);
    if (to.path !== from.path) allowed = false;
    if (!what) return true;
    void askToGo(to, what, location.pathname !== from.path);
    return false;
  });
  onScopeDispose(stop);

  return {
    async maySignOut() {
      const what: Ask = isSending.value
        ? {
            title: t("studio.live.outTitle"),
            text: t("studio.live.otherText"),
            action: t("studio.live.out"),
            danger: true,
          }
        : { title: t("studio.live.outLiveTitle"), text: t("studio.live.outLive"), action: t("staff.signOut") };
      if (isOnAir.value && !(await ask(what))) return false;
      endDesk();
      return true;
    },
  };
}

function nextStep(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, RETURN_MAX_MS);
    function done(): void {
      clearTimeout(timer);
      removeEventListener("popstate", done);
      resolve();
    }
    addEventListener("popstate", done);
  });
}
