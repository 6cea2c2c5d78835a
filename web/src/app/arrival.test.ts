// @vitest-environment jsdom
// What an address brought leaves it at once, and the rest of it stays.
import { beforeEach, expect, it } from "vitest";
import { effectScope, type EffectScope } from "vue";
import { visit } from "@shared/store";
import { createArrival, isToRoom, type Arrival } from "./arrival";

const CODE = "Abc-def_0123456789";
let scope: EffectScope | null = null;

function arrive(address: string): Arrival {
  scope?.stop();
  scope = effectScope();
  history.replaceState(null, "", address);
  return scope.run(createArrival) as Arrival;
}

const address = (): string => location.pathname + location.search + location.hash;

beforeEach(() => visit.remove("livehub.invitation"));

it("tells why a sign-in was refused, and cleans the address", () => {
  const { refused } = arrive("/ops?room=demo&sign_in_refused=1172#here");
  expect([refused.value?.code, address()]).toEqual([1172, "/ops?room=demo#here"]);
  expect([arrive("/ops?sign_in_refused=x").refused.value, address()]).toEqual([null, "/ops"]);
});

it("takes away what a browser carries along from WeChat", () => {
  arrive("/me?a=1#wechat_redirect");
  expect(address()).toBe("/me?a=1");
});

it("keeps an invitation for the visit, out of the address, until it is laid aside", () => {
  const first = arrive(`/studio#invitation=${CODE}`);
  expect([first.invitation.value, address()]).toEqual([CODE, "/studio"]);
  const back = arrive("/studio");
  expect(back.invitation.value).toBe(CODE);
  back.layAside();
  expect([back.invitation.value, arrive("/studio").invitation.value]).toEqual([null, null]);
});

it("takes one that is opened in a tab with the page already, and nothing that is none", () => {
  const arrival = arrive("/studio");
  history.replaceState(null, "", "/studio#invitation=<script>");
  dispatchEvent(new HashChangeEvent("hashchange"));
  expect([arrival.invitation.value, address()]).toEqual([null, "/studio"]);
  history.replaceState(null, "", `/studio#invitation=${CODE}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
  expect([arrival.invitation.value, address()]).toEqual([CODE, "/studio"]);
});

it("tells an invitation to a room from one that signs in", () => {
  expect([isToRoom("x".repeat(32)), isToRoom("x".repeat(64)), isToRoom("x".repeat(120))]).toEqual([true, true, false]);
});
