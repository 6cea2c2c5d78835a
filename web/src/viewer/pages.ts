/** The pages of the viewer. Paths that begin elsewhere than here belong to another app, or to nobody (applications.json). */
import type { RouteRecordRaw } from "vue-router";
import { ROOM_PARAM } from "@shared/pages/router";

export const ACCOUNT = "/me";
export const ORDERS = "/orders";

/** Paying an order, and how it came out: providers send buyers back here (commerce/orders/paying.py). */
export const PAYMENT = "/orders/:order/payment";

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
  {
    path: PAYMENT,
    name: "payment",
    component: () => import("./payment/PaymentPage.vue"),
    props: true,
    meta: { title: "viewer.paymentTitle" },
  },
  { path: ORDERS, component: () => import("./orders/OrdersPage.vue"), meta: { title: "viewer.menu.orders" } },
  {
    path: `${ORDERS}/:id`,
    component: () => import("./orders/OrderPage.vue"),
    props: true,
    meta: { title: "viewer.menu.order" },
  },
];

export function roomPath(room: string): string {
  return `/r/${room}`;
}

export function paymentPath(order: string): string {
  return PAYMENT.replace(":order", encodeURIComponent(order));
}

/** The order itself, and all that became of it. */
export function orderPath(order: string): string {
  return `/orders/${encodeURIComponent(order)}`;
}
