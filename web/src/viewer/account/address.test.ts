// What is typed becomes an address, or says where it cannot.
import { expect, it } from "vitest";
import type { Address } from "@shared/api-types";
import { addressForm, checkAddress } from "./address";

const HOME = { name: "王小明", phone: "+8613800138002", region: "310115", line: "张江路 1 号", is_default: true };

it("is filled in with the divisions that its code lies in", () => {
  expect(addressForm(HOME as Address)).toMatchObject({ province: "310000", city: "310100", county: "310115" });
  expect(addressForm({ ...HOME, region: "" } as Address)).toMatchObject({ isAbroad: true, province: "", county: "" });
  expect(addressForm(null)).toMatchObject({ isAbroad: false, name: "", isDefault: false });
});

it("is sent without what stands around it", () => {
  const form = { ...addressForm(HOME as Address), name: " 王小明 " };
  expect(checkAddress(form).body).toEqual({
    name: "王小明",
    phone: "+8613800138002",
    region: "310115",
    line: "张江路 1 号",
  });
});

it("needs a county at home, and none abroad", () => {
  const form = { ...addressForm(HOME as Address), county: "" };
  expect(checkAddress(form)).toEqual({ body: null, faults: { region: "required" } });
  expect(checkAddress({ ...form, isAbroad: true }).body?.region).toBe("");
});

it("says which lines are missing or too long", () => {
  const form = { ...addressForm(HOME as Address), name: " ", line: "路".repeat(301) };
  expect(checkAddress(form).faults).toEqual({ name: "required", line: "too_long" });
});
