// @vitest-environment jsdom
// A part that breaks while it is drawn leaves words and a way on; what breaks in a handler leaves the page as it was.
import { createApp, h, nextTick, ref, type VNode } from "vue";
import { afterEach, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { appI18n } from "@shared/i18n";
import AppFrame from "./AppFrame.vue";

const breaks = ref(false);
/** A part of a page. */
const root = (): VNode => {
  if (breaks.value) throw new Error("broken");
  const onClick = (): never => {
    throw new Error("in a handler");
  };
  return h("button", { onClick }, "works");
};
let stop: () => void = () => undefined;

async function shown(): Promise<Router> {
  document.body.innerHTML = '<div id="app"></div>';
  const page = { template: "<p></p>" };
  const router = createRouter({
    history: createMemoryHistory(),
    routes: ["/", "/other"].map((path) => ({ path, component: page, meta: { title: "shared.notFound.title" } })),
  });
  await router.push("/");
  const app = createApp({ render: () => h(AppFrame, null, { default: () => h(root) }) });
  app.config.errorHandler = () => undefined;
  app.config.warnHandler = () => undefined;
  app
    .use(appI18n({ en: {}, "zh-CN": {} }))
    .use(router)
    .mount("#app");
  stop = () => app.unmount();
  return router;
}

afterEach(() => {
  stop();
  breaks.value = false;
  vi.restoreAllMocks();
});

it("a part that breaks while it is drawn", async () => {
  const router = await shown();
  expect(document.querySelector("button")?.textContent).toBe("works");
  breaks.value = true;
  await nextTick();
  await nextTick();
  expect(document.querySelector("[role=alert] h1")?.textContent).toBe("This page broke");
  breaks.value = false;
  await router.push("/other");
  await nextTick();
  expect([document.querySelector("[role=alert]"), document.querySelector("button")?.textContent]).toEqual([
    null,
    "works",
  ]);
});

it("a handler that breaks", async () => {
  await shown();
  document.querySelector("button")?.click();
  await nextTick();
  expect(document.querySelector("button")?.textContent).toBe("works");
});
