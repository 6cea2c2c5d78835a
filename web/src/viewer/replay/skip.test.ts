import { expect, it } from "vitest";
import { sideOf } from "./skip";

it("goes back at the left, forward at the right, and nowhere in the middle", () => {
  expect([sideOf(110, 100, 300), sideOf(250, 100, 300), sideOf(390, 100, 300)]).toEqual(["back", null, "forward"]);
});
