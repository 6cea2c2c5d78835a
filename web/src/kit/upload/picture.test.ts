// What is computed of a picture; that a browser turns and re-encodes it is looked at in one (tests/e2e/test_upload.py).
import { describe, expect, it } from "vitest";
import { addressOf, picturedOf, smallOf } from "./addresses";
import { fitted, isHeic, isSeeThrough, prepared } from "./picture";

describe("a picture", () => {
  it("is made smaller by its long edge, and never larger", () => {
    expect(fitted(4_000, 3_000, 1_600)).toEqual([1_600, 1_200]);
    expect(fitted(3_000, 4_000, 1_600)).toEqual([1_200, 1_600]);
    expect(fitted(640, 480, 1_600)).toEqual([640, 480]);
    expect(fitted(10_000, 2, 1_600)).toEqual([1_600, 1]);
  });

  it("of HEIC is told by its first bytes", () => {
    const head = (brand: string): Uint8Array => new TextEncoder().encode(`\0\0\0\u0018ftyp${brand}`);
    for (const brand of ["heic", "heix", "mif1", "hevc"]) expect(isHeic(head(brand)), brand).toBe(true);
    for (const brand of ["avif", "isom", "mp42"]) expect(isHeic(head(brand)), brand).toBe(false);
    expect(isHeic(new Uint8Array([255, 216, 255]))).toBe(false);
  });

  it("can be seen through where one pixel can", () => {
    expect(isSeeThrough(new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]))).toBe(false);
    expect(isSeeThrough(new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 254]))).toBe(true);
  });

  it("is none in an empty file", async () => {
    await expect(prepared(new Blob([]))).rejects.toMatchObject({ fault: "empty" });
  });
});

it("of an upload has a small size, and any other address none", () => {
  expect(smallOf("/uploads/0123456789abcdefgh/large.webp")).toBe("/uploads/0123456789abcdefgh/small.webp");
  for (const other of ["/demo/honey.svg", "https://cdn.example/uploads/0123456789abcdefgh/large.webp"]) {
    expect(smallOf(other)).toBe(other);
  }
});

it("of an upload is offered in both sizes", () => {
  expect(picturedOf("/uploads/0123456789abcdefgh/large.webp")).toEqual({
    small: "/uploads/0123456789abcdefgh/small.webp",
    large: "/uploads/0123456789abcdefgh/large.webp",
    smallWidth: 480,
    largeWidth: 1_600,
  });
  expect(picturedOf("/demo/honey.svg")).toBeNull();
});

it("of a field is shown by its id, or where it is", () => {
  expect(addressOf("")).toBeNull();
  expect(addressOf("0123456789abcdefgh")).toBe("/uploads/0123456789abcdefgh/small.webp");
  expect(addressOf("/demo/honey.svg")).toBe("/demo/honey.svg");
});
