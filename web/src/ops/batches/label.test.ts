// A label can be shown as a picture, and is printed as often as was asked for, within what the server prints.
import { expect, it } from "vitest";
import { labelPicture, labelUrl } from "./label";

it("says what it is, once", () => {
  const shown =
    '<svg xmlns="http://www.w3.org/2000/svg" class="qr"><rect width="100%" height="100%" fill="white"/></svg>';
  expect(decodeURIComponent(labelPicture('<svg class="qr"></svg>'))).toBe(`data:image/svg+xml,${shown}`);
  expect(labelPicture('<svg xmlns="http://www.w3.org/2000/svg" class="qr"></svg>')).toBe(
    labelPicture('<svg class="qr"></svg>'),
  );
});

it.each([
  ["24", 24],
  ["0", 1],
  ["999", 500],
  ["many", 1],
])("of %s copies prints %i", (typed, copies) => {
  expect(labelUrl("/labels/b/lot?k=1", typed, "a4")).toBe(`/labels/b/lot?k=1&copies=${copies}&layout=a4`);
});
