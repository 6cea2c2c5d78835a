/** The pages of the console: a room under control; of its older address, too. */
import type { RouteRecordRaw } from "vue-router";
import { STAFF } from "@shared/pages/roles";
import { ROOM_PARAM } from "@shared/pages/router";

export const ROOMS = "/ops";

export const PAGES: readonly RouteRecordRaw[] = [
  {
    path: ROOMS,
    // `/ops?room=demo` has been given to people.
    component: () => import("./rooms/NoRoom.vue"),
    beforeEnter: ({ query }) =>
      typeof query.room === "string" ? { path: consolePath(query.room), replace: true } : true,
    meta: { title: "ops.title", role: STAFF },
  },
  {
    path: `/ops/rooms/${ROOM_PARAM}`,
    component: () => import("./console/RoomConsole.vue"),
    props: ({ params }) => ({ room: params.room }),
    meta: { title: "ops.title", role: STAFF },
  },
];

export function consolePath(room: string): string {
  return `${ROOMS}/rooms/${encodeURIComponent(room)}`;
}
