// Days of a filter are the shop's, whole, and the last one is included; what is none filters nothing.
import { expect, it } from "vitest";
import { auditQuery } from "./filter";
import { AUDIT_KINDS } from "./kinds";

const SHOP = "Asia/Shanghai";

it("asks for whole days of the shop", () => {
  expect(auditQuery({ from: "2026-11-28", to: "2026-11-29" }, SHOP)).toMatchObject({
    from: "2026-11-27T16:00:00.000Z",
    to: "2026-11-29T16:00:00.000Z",
  });
  expect(auditQuery({ to: "2026-12-31" }, "UTC").to).toBe("2027-01-01T00:00:00.000Z");
});

it("asks for the types of a kind", () => {
  expect(auditQuery({ kind: "blocks", who: "ann" }, SHOP)).toMatchObject({ type: "block,unblock", who: "ann" });
  expect(AUDIT_KINDS.restrictions).toEqual(["mute", "unmute", "ban", "unban"]);
});

it.each([
  ["no day", { from: "yesterday", to: "2026-13-45" }],
  ["no kind", { kind: "toString" }],
  ["nothing", {}],
])("filters nothing by %s", (_, query) => {
  expect(auditQuery(query, SHOP)).toEqual({
    who: undefined,
    subject: undefined,
    type: undefined,
    from: undefined,
    to: undefined,
  });
});
