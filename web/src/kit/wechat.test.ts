// WeChat's two browsers are known by what they say of themselves, and nothing else is taken for one.
import { expect, test } from "vitest";
import { weChat } from "./wechat";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 " +
  "MicroMessenger/8.0.50(0x18003234) NetType/WIFI Language/zh_CN";
const ANDROID =
  "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 " +
  "Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701(0x28003253) WeChat/arm64 Language/zh_CN";

test.each([
  [IPHONE, undefined, "browser"],
  [ANDROID, undefined, "browser"],
  [`${ANDROID} miniProgram/wx0123456789abcdef`, undefined, "mini-program"],
  [IPHONE, "miniprogram", "mini-program"],
  [IPHONE.replace(/MicroMessenger\S+ /, ""), undefined, null],
  ["Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "miniprogram", null],
])("%s in %s is %s", (userAgent, environment, expected) => {
  expect(weChat({ userAgent, environment })).toBe(expected);
});
