/** The pages of the viewer. Paths that begin elsewhere than here belong to another app, or to nobody (applications.json). */
import type { RouteRecordRaw } from "vue-router";
import { ROOM_PARAM } from "@shared/pages/router";

export const ACCOUNT = "/me";

export const PAGES: readonly RouteRecordRaw[] = [
  { path: "/", component: () => import("./rooms/RoomsPage.vue"), meta: { title: "viewer.title" } },
  {
    path: `/r/${ROOM_PARAM}`,
    name: "room",
    component: () => import("./room/RoomPage.vue"),
    props: ({ params }) => ({ id: params.room }),
    meta: { title: "viewer.title" },
  },
  { path: ACCOUNT, component: () => import("./account/AccountPage.vue"), meta: { title: "viewer.account.title" } },
];

export function roomPath(room: string): string {
  return `/r/${room}`;
}
