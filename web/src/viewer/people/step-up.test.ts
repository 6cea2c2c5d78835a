// What matters is asked for again after a code, by the same person or not at all.
import { expect, test } from "vitest";
import { nextTick } from "vue";
import { CODE, Refusal } from "@shared/refusal";
import { freshly, settleStepUp, stepUpWaiting } from "./step-up";

const refusal = (code: number): Refusal => new Refusal({ code, name: "n", message: "m" });
const codeOf = (thrown: unknown): number => (thrown as Refusal).code;

/** A server that refuses these, one after the other, and then says yes. */
function server(...codes: number[]): { asked: () => number; send: () => Promise<string> } {
  let asked = 0;
  return {
    asked: () => asked,
    async send() {
      asked++;
      const code = codes.shift();
      if (code !== undefined) throw refusal(code);
      return "done";
    },
  };
}

test("a fresh sign-in is not asked again", async () => {
  const { send, asked } = server();
  expect([await freshly(() => "ada", send), asked(), stepUpWaiting.value]).toEqual(["done", 1, null]);
});

test("one that is too old is proved, and the call is sent once more", async () => {
  const { send, asked } = server(CODE.signinTooOld);
  const answer = freshly(() => "ada", send);
  await nextTick();
  expect([stepUpWaiting.value === null, asked()]).toEqual([false, 1]);
  settleStepUp(true);
  expect([await answer, asked(), stepUpWaiting.value]).toEqual(["done", 2, null]);
});

test("who would rather not is left alone, and nothing is sent", async () => {
  const { send, asked } = server(CODE.signinTooOld);
  const answer = freshly(() => "ada", send).catch(codeOf);
  await nextTick();
  settleStepUp(false);
  expect([await answer, asked()]).toEqual([CODE.cancelled, 1]);
});

test("who comes back as somebody else does not do it for them", async () => {
  const { send, asked } = server(CODE.signinTooOld);
  let who = "ada";
  const answer = freshly(() => who, send).catch(codeOf);
  await nextTick();
  who = "ben";
  settleStepUp(true);
  expect([await answer, asked()]).toEqual([CODE.cancelled, 1]);
});

test("other refusals are told as they are, and a second one of age is no loop", async () => {
  const closed = server(1200);
  expect([await freshly(() => "ada", closed.send).catch(codeOf), closed.asked()]).toEqual([1200, 1]);
  const old = server(CODE.signinTooOld, CODE.signinTooOld);
  const answer = freshly(() => "ada", old.send).catch(codeOf);
  await nextTick();
  settleStepUp(true);
  expect([await answer, old.asked(), stepUpWaiting.value]).toEqual([CODE.signinTooOld, 2, null]);
});
