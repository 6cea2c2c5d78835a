// What matters is asked for again after a sign-in, by the same person or not at all.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { effectScope, ref, type EffectScope } from "vue";
import { call, setAccess } from "@shared/api";
import { CODE, type Refusal } from "@shared/refusal";
import { settleStepUp, stepUpWaiting, useStepUp } from "./step-up";

const who = ref<string | null>("ada");
let scope: EffectScope;
/** The server: refuses with these, one after the other, and then says yes. */
let codes: number[] = [];
let keys: string[] = [];

const send = (): Promise<unknown> => call("POST /api/me/export");
const codeOf = (thrown: unknown): number => (thrown as Refusal).code;
const asked = (): Promise<void> => vi.waitFor(() => expect(stepUpWaiting.value).not.toBe(null));

beforeEach(() => {
  who.value = "ada";
  codes = [];
  keys = [];
  setAccess({ token: () => Promise.resolve("t"), renew: () => Promise.resolve(null) });
  vi.stubGlobal("fetch", (_path: string, { headers }: { headers: Record<string, string> }) => {
    keys.push(headers["Idempotency-Key"] ?? "");
    const code = codes.shift();
    return Promise.resolve(
      code === undefined
        ? new Response('{"done":true}', { status: 200 })
        : new Response(JSON.stringify({ code, name: "n", detail: "d" }), { status: 401 }),
    );
  });
  scope = effectScope();
  scope.run(() => useStepUp(() => who.value));
});

afterEach(() => {
  scope.stop();
  setAccess(null);
  vi.unstubAllGlobals();
});

test("a fresh sign-in is not asked again", async () => {
  expect([await send(), keys.length, stepUpWaiting.value]).toEqual([{ done: true }, 1, null]);
});

test("one that is too old is proved, and the same call is sent once more", async () => {
  codes = [CODE.signinTooOld];
  const answer = send();
  await asked();
  expect(keys.length).toBe(1);
  settleStepUp(true);
  expect([await answer, stepUpWaiting.value]).toEqual([{ done: true }, null]);
  expect(keys).toEqual([keys[0], keys[0]]);
});

test("several calls at once are one question", async () => {
  codes = [CODE.signinTooOld, CODE.signinTooOld];
  const answers = Promise.all([send(), send()]);
  await asked();
  await vi.waitFor(() => expect(keys.length).toBe(2));
  settleStepUp(true);
  expect([await answers, keys.length]).toEqual([[{ done: true }, { done: true }], 4]);
});

test("who would rather not is left alone, and nothing is sent", async () => {
  codes = [CODE.signinTooOld];
  const answer = send().catch(codeOf);
  await asked();
  settleStepUp(false);
  expect([await answer, keys.length]).toEqual([CODE.cancelled, 1]);
});

test("who comes back as somebody else does not do it for them", async () => {
  codes = [CODE.signinTooOld];
  const answer = send().catch(codeOf);
  await asked();
  who.value = "ben";
  expect([await answer, keys.length, stepUpWaiting.value]).toEqual([CODE.cancelled, 1, null]);
});

test("other refusals are told as they are, and a second one of age is no loop", async () => {
  codes = [1200];
  expect([await send().catch(codeOf), keys.length]).toEqual([1200, 1]);
  codes = [CODE.signinTooOld, CODE.signinTooOld];
  const answer = send().catch(codeOf);
  await asked();
  settleStepUp(true);
  expect([await answer, keys.length, stepUpWaiting.value]).toEqual([CODE.signinTooOld, 3, null]);
});

test("where nobody can be asked the refusal is the answer", async () => {
  scope.stop();
  codes = [CODE.signinTooOld];
  expect(await send().catch(codeOf)).toBe(CODE.signinTooOld);
});
