/** The pages of the phone in the field: what there is to do, a code, a step, a new batch and its label. */
import type { RouteRecordRaw } from "vue-router";
import { signedInPath } from "@staff/signed-in";
import HomePage from "./HomePage.vue";
import { FIELD, MAKES_BATCHES } from "./roles";

export const HOME = "/field";
export const SCAN = "/field/scan";
export const STEP = "/field/step";
export const BATCH = "/field/batch";

export const PAGES: readonly RouteRecordRaw[] = [
  // At once: without a network it must not have to wait for a part.
  { path: HOME, component: HomePage, meta: { title: "field.title", role: FIELD } },
  { path: SCAN, component: () => import("./scan/ScanPage.vue"), meta: { title: "field.scan.title", role: FIELD } },
  {
    path: STEP,
    component: () => import("./record/StepPage.vue"),
    props: ({ query }) => ({
      gtin: text(query.gtin),
      lot: text(query.lot),
      serial: text(query.serial) || null,
      made: text(query.made) || null,
    }),
    meta: { title: "field.step.title", role: FIELD },
  },
  {
    path: BATCH,
    component: () => import("./record/BatchPage.vue"),
    meta: { title: "field.batch.title", role: MAKES_BATCHES },
  },
  {
    path: "/field/label/:record([0-9a-f]{32})",
    component: () => import("./record/LabelPage.vue"),
    props: ({ params }) => ({ record: params.record }),
    meta: { title: "field.label.title", role: FIELD },
  },
  { path: signedInPath("field"), component: () => import("@staff/SignedIn.vue"), meta: { title: "field.title" } },
];

export function labelPath(record: string): string {
  return `/field/label/${record}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
