// What needed a person goes on once somebody is signed in, and is let go when they would rather not.
import { beforeEach, expect, it, vi } from "vitest";
import { createPinia, setActivePinia } from "pinia";
import { requireSignIn, settleSignIn, signInWaiting } from "./sign-in";

const session = { isSignedIn: false };
vi.mock("@app/useSession", () => ({ useSession: () => session }));

beforeEach(() => {
  setActivePinia(createPinia());
  session.isSignedIn = false;
});

it("asks nobody who is signed in already", async () => {
  session.isSignedIn = true;
  expect([await requireSignIn(), signInWaiting.value]).toEqual([true, null]);
});

it("goes on after sign-in, and once", async () => {
  const wanted = requireSignIn();
  expect(signInWaiting.value).not.toBe(null);
  settleSignIn(true);
  settleSignIn(false);
  expect([await wanted, signInWaiting.value]).toEqual([true, null]);
});

it("lets go of what was wanted first when something else is wanted", async () => {
  const first = requireSignIn();
  const second = requireSignIn();
  settleSignIn(true);
  expect([await first, await second]).toEqual([false, true]);
});
