import { expect, it } from "vitest";
import { casesQuery } from "./filter";

it("begins with the queue, by when cases are due", () => {
  expect(casesQuery({})).toMatchObject({ queue: true });
  expect(casesQuery({ view: "nonsense" })).toMatchObject({ queue: true });
  expect(casesQuery({ view: "overdue" })).toMatchObject({ queue: true, overdue: true });
});

it("asks for a state, or for all", () => {
  expect(casesQuery({ view: "decided", q: " 2026 0501 " })).toEqual({
    q: "2026 0501",
    queue: undefined,
    overdue: undefined,
    state: "decided",
  });
  expect(Object.values(casesQuery({ view: "all" })).filter((value) => value !== undefined)).toEqual([]);
});
