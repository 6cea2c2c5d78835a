// What one person has is gone as soon as another is here, and an answer that comes late is not the next one's.
import { effectScope, shallowRef } from "vue";
import { describe, expect, it } from "vitest";
import { createPersonal } from "./personal";

describe("what belongs to a person", () => {
  it("is gone at once when somebody else is here, or nobody", () => {
    const who = shallowRef<string | null>("ada");
    effectScope().run(() => {
      const personal = createPersonal(() => who.value);
      const coupons = personal.keep<string[]>(() => []);
      coupons.value = ["ada's"];
      who.value = "ben";
      expect(coupons.value).toEqual([]);
      coupons.value = ["ben's"];
      who.value = null;
      expect(coupons.value).toEqual([]);
    });
  });

  it("is forgotten with what kept it", () => {
    const who = shallowRef<string | null>("ada");
    effectScope().run(() => {
      const personal = createPersonal(() => who.value);
      const room = effectScope();
      let dropped = 0;
      room.run(() => personal.onChange(() => dropped++));
      who.value = "ben";
      room.stop();
      who.value = "ada";
      expect(dropped).toBe(1);
    });
  });

  it("says of an answer whether it is still for who asked", () => {
    const who = shallowRef<string | null>("ada");
    effectScope().run(() => {
      const isMine = createPersonal(() => who.value).asking();
      expect(isMine()).toBe(true);
      who.value = "ben";
      expect(isMine()).toBe(false);
      // Not even when the first comes back: what was theirs was dropped in between.
      who.value = "ada";
      expect(isMine()).toBe(false);
    });
  });
});
