// An invoice is asked for with what the tax office takes; a company with a number that checks.
import { expect, it } from "vitest";
import { checkFapiao, emptyFapiao, isTaxNumber, plainTaxNumber } from "./fapiao";

const PERSON = { ...emptyFapiao(), title: " 王小梅 ", email: "mei@b.cn" };

it("takes a person without a number", () => {
  expect(checkFapiao({ ...PERSON, taxNumber: "left from before" }).body).toEqual({
    kind: "personal",
    title: "王小梅",
    tax_number: null,
    email: "mei@b.cn",
  });
});

it("takes a company's number as people write it", () => {
  const body = checkFapiao({ ...PERSON, kind: "company", taxNumber: "9144 0300 7152 6726 ｘｇ" }).body;
  expect(body?.tax_number).toBe("9144030071526726XG");
});

it.each(["9144030071526726XH", "440300715267261", "9144030071526726XI", ""])("refuses the number %j", (taxNumber) => {
  const { faults } = checkFapiao({ ...PERSON, kind: "company", taxNumber });
  expect(faults).toEqual({ taxNumber: taxNumber === "" ? "required" : "pattern" });
});

it.each(["mei", "mei@b", "a b@c.cn", "@b.cn"])("refuses the address %j", (email) => {
  expect(checkFapiao({ ...PERSON, email }).faults).toEqual({ email: "pattern" });
});

it("wants all of it", () => {
  expect(checkFapiao({ ...emptyFapiao(), kind: "company" }).faults).toEqual({
    title: "required",
    taxNumber: "required",
    email: "required",
  });
});

it("knows its check character", () => {
  expect(isTaxNumber("91350100M000100Y43")).toBe(true);
  expect(isTaxNumber("91350100M000100Y44")).toBe(false);
  expect(plainTaxNumber(" 9135 ")).toBe("9135");
});
