// Numbers and codes as people type, paste and dictate them.
import { expect, test } from "vitest";
import { codeIn, e164Of, endsLike, spaced } from "./phone";
import { mailboxAt } from "./ways";

test.each([
  ["13800138000", "+8613800138000"],
  ["138 0013 8000", "+8613800138000"],
  ["+86 138-0013-8000", "+8613800138000"],
  ["0086 13800138000", "+8613800138000"],
  ["１３８００１３８０００", "+8613800138000"],
  ["+852 5123 4567", "+85251234567"],
  ["1380013800", null],
  ["138001380001", null],
  ["", null],
  ["abc", null],
])("%s is %s", (typed, e164) => {
  expect(e164Of(typed, 86)).toBe(e164);
});

test("a number without a country is of the country that is chosen", () => {
  expect(e164Of("51234567", 852)).toBe("+85251234567");
});

test("a number is shown in groups", () => {
  expect([spaced("+8613800138000", 86), spaced("+85251234567", 852), spaced("+85251234567", 86)]).toEqual([
    "+86 138 0013 8000",
    "+852 5123 4567",
    "+85251234567",
  ]);
});

test.each([
  ["123456", "123456"],
  ["123 456", "123456"],
  ["【livehub】验证码 048213，5 分钟内有效", "048213"],
  ["１２３４５６", "123456"],
  ["12a34", "1234"],
  ["12345678", "123456"],
])("the code in %s is %s", (typed, code) => {
  expect(codeIn(typed)).toBe(code);
});

test("the end of a number tells whether it may be one's own", () => {
  expect([endsLike("+8613800138000", "*8000"), endsLike("+8613800138001", "*8000")]).toEqual([true, false]);
});

test("the mailbox is shown to who sits at the machine alone", () => {
  const others = { oidc: false, passkey: false, wechat: false, name: true, link: true };
  const ways = { phone: true, staff_by_phone: false, phone_countries: [], mailbox: "/dev/mailbox", ...others };
  const hosts = ["127.0.0.1", "127.8.8.8", "localhost", "[::1]", "192.168.1.5", "127.0.0.1.example.com", "livehub.cn"];
  expect(hosts.map((host) => mailboxAt(ways, host) !== null)).toEqual([true, true, true, true, false, false, false]);
  expect(mailboxAt({ ...ways, mailbox: null }, "127.0.0.1")).toBe(null);
});
