// What a label says, and what is refused of it on the phone.
import { describe, expect, it } from "vitest";
import { checkDigit, elementString, gtinOf, readCode } from "./codes";

const GTIN = "09520123456788";
const of = (text: string): unknown => {
  const { code, fault } = readCode(text);
  return fault ?? code;
};

describe("a code", () => {
  it("of a lot is read, and of a box, whatever the case of its host", () => {
    expect(of(`HTTPS://SHOP.EXAMPLE/01/${GTIN}/10/20261128A`)).toEqual({
      gtin: GTIN,
      lot: "20261128A",
      serial: null,
      host: "shop.example",
    });
    expect(of(`https://shop.example:8080/trace/01/${GTIN}/10/AB%2FC/21/7K2M?17=261205#x`)).toEqual({
      gtin: GTIN,
      lot: "AB/C",
      serial: "7K2M",
      host: "shop.example:8080",
    });
  });

  it("in element strings is read, with separators, in brackets, and with the sign of a reader", () => {
    const box = { gtin: GTIN, lot: "A", serial: "7", host: null };
    expect(of(`01${GTIN}10A\u001d217`)).toEqual(box);
    expect(of(`]Q301${GTIN}1726120510A\u001d217`)).toEqual(box);
    expect(of(`(01)${GTIN}(10)A(21)7`)).toEqual(box);
    expect(of(`(01)${GTIN}(17)261205(10)A`)).toEqual({ ...box, serial: null });
  });

  it("with a wrong check digit is refused", () => {
    expect(of("https://shop.example/01/09520123456789/10/A")).toBe("checkDigit");
    expect(of("(01)09520123456789(10)A")).toBe("checkDigit");
    expect(of("9520123456789")).toBe("checkDigit");
  });

  it("that has no lot, or one that GS1 has not, is refused", () => {
    expect(of("9520123456788")).toBe("noLot");
    expect(of(`https://shop.example/01/${GTIN}`)).toBe("noLot");
    expect(of(`https://shop.example/01/${GTIN}/10/${encodeURIComponent("批次")}`)).toBe("lot");
    expect(of(`https://shop.example/01/${GTIN}/10/${"A".repeat(21)}`)).toBe("lot");
    expect(of(`https://shop.example/01/${GTIN}/10/A/21/a%20b`)).toBe("serial");
    expect(of(`(01)${GTIN}(10)A(10)B`)).toBe("twice");
  });

  it("that is none of GS1 is refused", () => {
    for (const text of ["https://wxpay.example/f2f1", "hello", "https://shop.example/01/%E0%A4/10/A"])
      expect(["notGs1", "checkDigit"]).toContain(of(text));
    expect(of("")).toBe("empty");
    expect(of(`https://shop.example/${"a".repeat(3_000)}`)).toBe("long");
  });
});

it("has the check digit of the General Specifications, and shorter numbers get zeros", () => {
  expect(checkDigit("629104150021")).toBe(3);
  expect([gtinOf("9520123456788"), gtinOf("952-01234 56788"), gtinOf("96385074")]).toEqual([
    GTIN,
    GTIN,
    "00000096385074",
  ]);
  expect([gtinOf("96385075"), gtinOf("123"), gtinOf("")]).toEqual([null, null, null]);
});

it("is asked for as an element string", () => {
  expect(elementString({ gtin: GTIN, lot: "A(1)", serial: null })).toBe(`01${GTIN}10A(1)`);
  expect(elementString({ gtin: GTIN, lot: "A", serial: "7" })).toBe(`01${GTIN}10A\u001d217`);
});
