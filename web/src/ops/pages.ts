/** The pages of the console: a room under control, of its older address, too; and those of administration. */
import type { RouteRecordRaw } from "vue-router";
import { STAFF, type Role } from "@shared/pages/roles";
import { signedInPath } from "@staff/signed-in";
import { ROOM_PARAM } from "@shared/pages/router";
import {
  AUDIT,
  BATCHES,
  BLOCKED,
  CASES,
  COLD_CHAIN,
  DELIVERY,
  MONEY,
  ORDERS,
  PEOPLE,
  PRODUCTS,
  PROOF,
  REFUNDS,
  ROLES,
  SHIPMENTS,
  WEIGHING,
} from "./admin/places";

export const ROOMS = "/ops";
/** Who works at the console: customer service and pickers have no rooms there, but people and orders to see to. */
export const CONSOLE_STAFF: readonly Role[] = [...STAFF, "care", "picker"];

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
  // Who may see these the server says by rights, which a role is not asked for here (admin/AdminPage.vue).
  {
    path: ORDERS,
    component: () => import("./selling/orders/OrdersPage.vue"),
    meta: { title: "ops.admin.orders.title", role: CONSOLE_STAFF },
  },
  {
    path: `${ORDERS}/:order`,
    component: () => import("./selling/orders/OrderPage.vue"),
    props: ({ params }) => ({ order: params.order }),
    meta: { title: "ops.admin.orders.title", role: CONSOLE_STAFF },
  },
  {
    path: WEIGHING,
    component: () => import("./selling/weighing/WeighingPage.vue"),
    meta: { title: "ops.admin.weighing.title", role: CONSOLE_STAFF },
  },
  {
    path: REFUNDS,
    component: () => import("./selling/refunds/RefundsPage.vue"),
    meta: { title: "ops.admin.refunds.title", role: CONSOLE_STAFF },
  },
  {
    path: CASES,
    component: () => import("./selling/cases/CasesPage.vue"),
    meta: { title: "ops.admin.cases.title", role: CONSOLE_STAFF },
  },
  {
    path: `${CASES}/:one`,
    component: () => import("./selling/cases/CasePage.vue"),
    props: ({ params }) => ({ one: params.one }),
    meta: { title: "ops.admin.cases.title", role: CONSOLE_STAFF },
  },
  {
    path: MONEY,
    component: () => import("./selling/money/MoneyPage.vue"),
    meta: { title: "ops.admin.money.title", role: CONSOLE_STAFF },
  },
  {
    path: PRODUCTS,
    component: () => import("./products/ProductsPage.vue"),
    meta: { title: "ops.admin.products.title", role: CONSOLE_STAFF },
  },
  {
    path: `${PRODUCTS}/:product/stock`,
    component: () => import("./products/StockPage.vue"),
    props: ({ params }) => ({ product: params.product }),
    meta: { title: "ops.stock.title", role: CONSOLE_STAFF },
  },
  {
    path: DELIVERY,
    component: () => import("./delivery/DeliveryPage.vue"),
    meta: { title: "ops.admin.delivery.title", role: CONSOLE_STAFF },
  },
  {
    path: BATCHES,
    component: () => import("./batches/BatchesPage.vue"),
    meta: { title: "ops.admin.batches.title", role: CONSOLE_STAFF },
  },
  {
    path: `${BATCHES}/:batch`,
    component: () => import("./batches/BatchPage.vue"),
    props: ({ params }) => ({ batch: params.batch }),
    meta: { title: "ops.admin.batches.title", role: CONSOLE_STAFF },
  },
  {
    path: COLD_CHAIN,
    component: () => import("./coldchain/ColdChainPage.vue"),
    meta: { title: "ops.admin.coldchain.title", role: CONSOLE_STAFF },
  },
  {
    path: `${SHIPMENTS}/:shipment`,
    component: () => import("./coldchain/ShipmentPage.vue"),
    props: ({ params }) => ({ shipment: params.shipment }),
    meta: { title: "ops.admin.coldchain.title", role: CONSOLE_STAFF },
  },
  {
    path: PROOF,
    component: () => import("./proof/ProofPage.vue"),
    meta: { title: "ops.admin.proof.title", role: CONSOLE_STAFF },
  },
  {
    path: PEOPLE,
    component: () => import("./admin/people/PeoplePage.vue"),
    meta: { title: "ops.admin.people.title", role: CONSOLE_STAFF },
  },
  {
    path: `${PEOPLE}/:person`,
    component: () => import("./admin/people/PersonPage.vue"),
    props: ({ params }) => ({ person: params.person }),
    meta: { title: "ops.admin.person.title", role: CONSOLE_STAFF },
  },
  {
    path: ROLES,
    component: () => import("./admin/roles/RolesPage.vue"),
    meta: { title: "ops.admin.roles.title", role: CONSOLE_STAFF },
  },
  {
    path: BLOCKED,
    component: () => import("./admin/blocked/BlockedPage.vue"),
    meta: { title: "ops.admin.blocked.title", role: CONSOLE_STAFF },
  },
  {
    path: AUDIT,
    component: () => import("./admin/audit/AuditPage.vue"),
    meta: { title: "ops.admin.audit.title", role: CONSOLE_STAFF },
  },
  {
    path: signedInPath("ops"),
    component: () => import("@staff/SignedIn.vue"),
    meta: { title: "ops.title" },
  },
];

export function consolePath(room: string): string {
  return `${ROOMS}/rooms/${encodeURIComponent(room)}`;
}
