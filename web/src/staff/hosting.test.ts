// Who may invite others to a room, and where a link leads them.
import { expect, it } from "vitest";
import type { Person, RoomHost } from "@shared/api-types";
import { invitationLink, mayNameHosts } from "./hosting";

const person = (id: string, role: Person["role"] = "host"): Person => ({ id, name: id, role });
const named = (id: string, kind: RoomHost["kind"]): RoomHost => ({ person: id, name: id, kind, by: "", since: "" });
const HOSTS = [named("hana", "host"), named("ben", "cohost"), named("eve", "expert")];

it("the host, operations, and who runs every room name others; co-hosts don't", () => {
  expect(["hana", "ben", "visitor"].map((id) => mayNameHosts(person(id), HOSTS))).toEqual([true, false, true]);
  expect(mayNameHosts(person("ben", "ops"), HOSTS)).toBe(true);
  expect([mayNameHosts(null, HOSTS), mayNameHosts(person("hana"), null)]).toEqual([false, false]);
});

it("co-hosts are led to the studio, experts to the room", () => {
  expect(invitationLink("cohost", "demo", "c0de", "https://a.example")).toBe(
    "https://a.example/studio#invitation=c0de",
  );
  expect(invitationLink("expert", "demo", "c0de", "https://a.example")).toBe(
    "https://a.example/r/demo#invitation=c0de",
  );
});
