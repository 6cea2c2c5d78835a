/** The pages of the studio: the rooms there are, and the desk of one. */
import type { RouteRecordRaw } from "vue-router";
import { STAFF } from "@shared/pages/roles";
import { signedInPath } from "@staff/signed-in";
import { ROOM_PARAM } from "@shared/pages/router";

export const ROOMS = "/studio";

export const PAGES: readonly RouteRecordRaw[] = [
  { path: ROOMS, component: () => import("./RoomChooser.vue"), meta: { title: "studio.choose", role: STAFF } },
  {
    path: `/studio/${ROOM_PARAM}`,
    component: () => import("./RoomDesk.vue"),
    props: ({ params }) => ({ room: params.room }),
    meta: { title: "studio.title", role: STAFF },
  },
  {
    path: signedInPath("studio"),
    component: () => import("@staff/SignedIn.vue"),
    meta: { title: "studio.title" },
  },
];

export function deskPath(room: string): string {
  return `${ROOMS}/${room}`;
}
