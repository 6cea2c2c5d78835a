// Series of several figures share one axis, in order, and what is not known at a moment is no zero.
import { expect, it } from "vitest";
import { chartOf } from "./figures-chart";

it("puts series on one axis of moments", () => {
  const likes = [
    { ts: 1_000, value: 3 },
    { ts: 3_000, value: 0 },
  ];
  const chats = [
    { ts: 2_000, value: 1 },
    { ts: 3_000, value: 2 },
  ];
  expect(
    chartOf([
      { name: "Likes", series: likes },
      { name: "Chats", series: chats },
    ]),
  ).toEqual({
    axis: { kind: "time", at: [1_000, 2_000, 3_000] },
    series: [
      { name: "Likes", kind: "line", values: [3, null, 0] },
      { name: "Chats", kind: "line", values: [null, 1, 2] },
    ],
  });
});

it("is empty of nothing", () => {
  expect(chartOf([{ name: "Viewers", series: [] }])).toEqual({
    axis: { kind: "time", at: [] },
    series: [{ name: "Viewers", kind: "line", values: [] }],
  });
});
