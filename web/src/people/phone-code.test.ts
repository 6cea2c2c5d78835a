// A code by phone: how long until another, what each refusal leaves possible, and that the right one ends it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { shallowRef } from "vue";
import { CODE, Refusal } from "@shared/refusal";
import { createPhoneCode, type PhoneCode } from "./phone-code";

const START = 1_800_000_000_000;
const PHONE = "+8613800138000";
const now = shallowRef(START);
/** What is refused next, of asking and of proving. */
const refused: { ask: Refusal[]; prove: Refusal[] } = { ask: [], prove: [] };
const calls: string[] = [];
const refusal = (code: number, more: object = {}): Refusal => new Refusal({ code, name: "n", message: "m", ...more });

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
  now.value = Date.now();
}

function begun(): PhoneCode {
  let made = 0;
  return createPhoneCode({
    now,
    async ask(phone) {
      calls.push(`ask ${phone}`);
      const why = refused.ask.shift();
      if (why) throw why;
      return { challenge: `c${++made}`, retry_after_ms: 60_000 };
    },
    async prove(challenge, code) {
      calls.push(`prove ${challenge} ${code}`);
      const why = refused.prove.shift();
      if (why) throw why;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  now.value = START;
  calls.length = refused.ask.length = refused.prove.length = 0;
});
afterEach(() => void vi.useRealTimers());

test("the right code is proved once, and ends it", async () => {
  const flow = begun();
  await flow.send(PHONE);
  expect([flow.step.value, flow.phone.value]).toEqual(["code", PHONE]);
  expect(await flow.submit("12345")).toBe(false);
  const both = await Promise.all([flow.submit("123456"), flow.submit("123456")]);
  expect([both, calls]).toEqual([
    [true, false],
    [`ask ${PHONE}`, "prove c1 123456"],
  ]);
});

test("another code may be asked for after the time that the server says", async () => {
  const flow = begun();
  await flow.send(PHONE);
  expect(flow.waitMs.value).toBe(60_000);
  pass(59_999);
  expect(flow.waitMs.value).toBe(1);
  pass(1);
  expect(flow.waitMs.value).toBe(0);
  await flow.send(PHONE);
  await flow.submit("123456");
  expect([flow.waitMs.value, calls]).toEqual([60_000, [`ask ${PHONE}`, `ask ${PHONE}`, "prove c2 123456"]]);
});

test("who looks at the number again and comes back is asked for the code that is on its way", async () => {
  const flow = begun();
  await flow.send(PHONE);
  flow.another();
  expect(flow.step.value).toBe("phone");
  pass(10_000);
  await flow.send(PHONE);
  expect([flow.step.value, flow.waitMs.value, calls]).toEqual(["code", 50_000, [`ask ${PHONE}`]]);
  flow.another();
  await flow.send("+8613900139000");
  await flow.submit("123456");
  expect(calls.slice(1)).toEqual(["ask +8613900139000", "prove c2 123456"]);
});

test("a wrong code leaves the tries that the server says, and none of them once it is burnt", async () => {
  const flow = begun();
  await flow.send(PHONE);
  refused.prove = [refusal(CODE.wrongCode, { tries_left: 4 }), refusal(CODE.wrongCode, { tries_left: 0 })];
  expect(await flow.submit("000000")).toBe(false);
  expect([flow.refusal.value?.figure("tries_left"), flow.isSpent.value]).toEqual([4, false]);
  await flow.submit("000001");
  expect([flow.refusal.value?.figure("tries_left"), flow.isSpent.value]).toEqual([0, true]);
  expect([await flow.submit("000002"), calls.length]).toEqual([false, 3]);
});

test.each([CODE.challengeBurnt, CODE.challengeOver, CODE.nothingHere])(
  "after %i another code is asked for, also by who went back to the number",
  async (code) => {
    const flow = begun();
    await flow.send(PHONE);
    refused.prove = [refusal(code)];
    await flow.submit("123456");
    expect(flow.isSpent.value).toBe(true);
    flow.another();
    await flow.send(PHONE);
    expect([flow.isSpent.value, flow.refusal.value, calls.filter((each) => each.startsWith("ask")).length]).toEqual([
      false,
      null,
      2,
    ]);
  },
);

test("a name that is refused leaves the code good", async () => {
  const flow = begun();
  await flow.send(PHONE);
  refused.prove = [refusal(CODE.nameReserved)];
  await flow.submit("123456");
  expect([flow.needsName.value, flow.isSpent.value]).toEqual([true, false]);
  expect(await flow.submit("123456")).toBe(true);
});

test("an answer that got lost, or a block, leaves the code to be tried again", async () => {
  const flow = begun();
  await flow.send(PHONE);
  for (const code of [CODE.noAnswer, CODE.offline, 1111]) {
    refused.prove = [refusal(code)];
    expect([await flow.submit("123456"), flow.isSpent.value, flow.refusal.value?.code]).toEqual([false, false, code]);
  }
  expect(await flow.submit("123456")).toBe(true);
});

test("who asks too often is told how long to wait", async () => {
  const flow = begun();
  refused.ask = [refusal(CODE.tooFast, { retry_after_ms: 30_000 })];
  await flow.send(PHONE);
  expect([flow.step.value, flow.refusal.value?.retryAfterMs]).toEqual(["phone", 30_000]);
  await flow.send(PHONE);
  pass(60_000);
  refused.ask = [refusal(CODE.tooFast, { retry_after_ms: 3_600_000 })];
  await flow.send(PHONE);
  expect([flow.step.value, flow.waitMs.value, flow.busy.value]).toEqual(["code", 3_600_000, false]);
});
