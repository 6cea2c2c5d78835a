// @vitest-environment jsdom
// A part that does not come is asked for again by itself, when the network is back, and when somebody opens it, who is told.
import { createApp, h, nextTick, ref, type App } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { appI18n } from "@shared/i18n";
import { latePart } from "./late-part";
import { dismissToast, shownToast } from "./toast";

const open = ref(false);
let app: App | null = null;
let fails = 0;
let asked = 0;

const Sheet = (props: { open: boolean }): ReturnType<typeof h> => h("p", props.open ? "open" : "shut");
Sheet.props = ["open"];

function load(): Promise<{ default: typeof Sheet }> {
  asked++;
  return fails-- > 0 ? Promise.reject(new TypeError("not loaded")) : Promise.resolve({ default: Sheet });
}

async function shown(given: () => object = () => ({ open: open.value })): Promise<void> {
  const Part = latePart(load);
  document.body.innerHTML = '<div id="app"></div>';
  app = createApp({ render: () => h(Part, given() as { open: boolean }) });
  app.use(appI18n({ en: {}, "zh-CN": {} })).mount("#app");
  await vi.advanceTimersByTimeAsync(0);
}

const text = (): string => document.querySelector("#app")?.textContent ?? "";

beforeEach(() => {
  vi.useFakeTimers();
  open.value = false;
  asked = 0;
});

afterEach(() => {
  app?.unmount();
  dismissToast();
  vi.useRealTimers();
});

it("comes, with what it is given", async () => {
  fails = 0;
  await shown();
  expect(text()).toBe("shut");
  open.value = true;
  await nextTick();
  expect([text(), asked]).toEqual(["open", 1]);
});

it("is tried again by itself, and nobody is told who does not wait", async () => {
  fails = 2;
  await shown();
  expect([text(), asked, shownToast.value]).toEqual(["", 1, null]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect([text(), asked, shownToast.value]).toEqual(["shut", 3, null]);
});

it("is asked for as soon as the network is back", async () => {
  fails = 1;
  await shown();
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect([text(), asked]).toEqual(["shut", 2]);
});

it("whoever opens it asks, is told once, and can ask again", async () => {
  fails = 3;
  await shown();
  open.value = true;
  await vi.advanceTimersByTimeAsync(0);
  expect([asked, shownToast.value?.action?.text]).toEqual([2, "Try again"]);
  shownToast.value?.action?.run();
  await vi.advanceTimersByTimeAsync(0);
  expect([text(), asked]).toEqual(["", 3]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(text()).toBe("open");
});

it("one that never comes is of another version: the page is to be loaded anew", async () => {
  fails = Number.POSITIVE_INFINITY;
  await shown(() => ({}));
  expect(shownToast.value?.action?.text).toBe("Try again");
  dismissToast();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(shownToast.value?.action?.text).toBe("Reload");
  const before = asked;
  app?.unmount();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(asked).toBe(before);
});
