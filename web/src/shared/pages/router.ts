/**
 * The router of an app, from its one table of pages:
 *
 *     { path: "/studio/:room", component: () => import("./RoomPage.vue"), meta: { title: "studio.title", role: STAFF } }
 *
 * Every page is loaded when it is gone to. An address that is in no table is answered with the page for that, in words.
 */
import { createRouter, createWebHistory, START_LOCATION, type RouteRecordRaw, type Router } from "vue-router";
import type { Role } from "./roles";

declare module "vue-router" {
  interface RouteMeta {
    /** The key of the page's title; a page that knows better says so (usePageTitle). */
    title: string;
    /** Who may see it; left out: everybody. */
    role?: readonly Role[];
  }
}

/** The id of a room in a path, as the server makes them. */
export const ROOM_PARAM = ":room([a-z0-9][a-z0-9-]{0,47})";

export function createAppRouter(pages: readonly RouteRecordRaw[]): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...pages,
      { path: "/:rest(.*)*", component: () => import("./NotFound.vue"), meta: { title: "shared.notFound.title" } },
    ],
    // Back to where one was on the page, else to its top; a change of the query alone is the same page.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  });
  // A page that was opened before a deployment asks for parts that are no more: the address is loaded anew, with today's. Not
  // while away, where that would leave nothing at all, and not at the first page, which is today's already.
  // That one is asked for again (app/AppFrame.vue): without it there is nothing at all.
  router.onError((_error, to, from) => {
    if (from !== START_LOCATION && navigator.onLine) location.assign(to.fullPath);
  });
  return router;
}

/** Up from a page: back where that is where one came from, so that Back does not lead here again; else in its place. */
export async function goUp(router: Router, path: string): Promise<void> {
  const { back } = router.options.history.state;
  if (typeof back === "string" && router.resolve(back).path === path) router.back();
  else await router.replace(path);
}
