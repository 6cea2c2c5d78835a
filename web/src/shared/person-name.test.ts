// @vitest-environment jsdom
// People without a name are called so in the language of who reads it.
import { createApp } from "vue";
import { createI18n } from "vue-i18n";
import { expect, it } from "vitest";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { usePersonName } from "./person-name";

function nameIn(locale: "zh-CN" | "en", name: string, id?: string): string {
  let found = "";
  const app = createApp({
    setup() {
      found = usePersonName()(name, id);
      return () => null;
    },
  });
  app.use(createI18n({ legacy: false, locale, messages: { "zh-CN": zh, en } })).mount(document.createElement("div"));
  app.unmount();
  return found;
}

it("calls who has given no name a guest", () => {
  expect([nameIn("zh-CN", "Guest"), nameIn("en", "Guest")]).toEqual(["游客", "Guest"]);
});

it("calls everybody else by their name, or by what is left of them", () => {
  expect(nameIn("zh-CN", "Guests")).toBe("Guests");
  expect(nameIn("en", "", "u-7")).toBe("u-7");
  expect([nameIn("zh-CN", ""), nameIn("en", "", "erased-1")]).toEqual(["已注销用户", "Former customer"]);
});
