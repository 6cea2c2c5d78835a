// Who may work here, why not, and that a pasted link or token gives the token.
import { reactive } from "vue";
import { describe, expect, it } from "vitest";
import type { SessionStore } from "@app/useSession";
import { CODE, noAnswer, Refusal } from "@shared/refusal";
import { createStaffSession, tokenIn } from "./staff-session";

const refused = (code: number): Refusal => new Refusal({ code, name: "", message: "" });

function opened() {
  const session = reactive({
    isKnown: false,
    token: null as string | null,
    person: null as { id: string; role: string } | null,
    trouble: null as Refusal | null,
    linkRefusal: null as Refusal | null,
    refresh: () => Promise.resolve(),
    signInByToken: (token: string) => (token === "good" ? Promise.resolve() : Promise.reject(refused(CODE.badToken))),
    signOut: () => Promise.resolve(),
  });
  return { session, staff: createStaffSession(session as unknown as SessionStore) };
}

describe("whether somebody may work here", () => {
  it("is looked at, then known by their role", () => {
    const { session, staff } = opened();
    const becomes = (change: Partial<typeof session>): string => {
      Object.assign(session, change);
      return staff.access.value;
    };
    expect(staff.access.value).toBe("checking");
    expect(becomes({ isKnown: true })).toBe("needed");
    expect(becomes({ token: "t", person: { id: "hana", role: "host" } })).toBe("granted");
    expect(staff.mayEditHouse.value).toBe(false);
    expect(becomes({ person: { id: "olga", role: "ops" } })).toBe("granted");
    expect(staff.mayEditHouse.value).toBe(true);
    expect(becomes({ person: { id: "lin", role: "viewer" } })).toBe("forbidden");
  });

  it("is not known while the server can't be asked, and is asked for again when a session has ended", () => {
    const { session, staff } = opened();
    Object.assign(session, { isKnown: true, trouble: noAnswer() });
    expect([staff.access.value, staff.refusal.value?.code]).toEqual(["unknown", CODE.noAnswer]);
    session.trouble = refused(CODE.sessionEnded);
    expect([staff.access.value, staff.refusal.value?.code]).toEqual(["needed", CODE.sessionEnded]);
  });

  it("says why what was given is no good, until something better is", async () => {
    const { session, staff } = opened();
    session.isKnown = true;
    await staff.enter("http://127.0.0.1/ops#token=bad");
    expect([staff.access.value, staff.refusal.value?.code]).toEqual(["needed", CODE.badToken]);
    await staff.enter("good");
    expect(staff.refusal.value).toBe(null);
  });
});

describe("tokenIn", () => {
  it("takes a bare token, and one out of a link", () => {
    expect(tokenIn("  aaa.bbb.ccc\n")).toBe("aaa.bbb.ccc");
    expect(tokenIn("http://127.0.0.1:8080/ops#token=aaa.bbb.ccc")).toBe("aaa.bbb.ccc");
    expect(tokenIn("http://127.0.0.1:8080/ops#x=1&token=aaa.bbb.ccc&y=2")).toBe("aaa.bbb.ccc");
  });
});
