/** Who may name others in a room, and where an invitation leads. Pure. */
import type { Invitation, Person, RoomHost } from "@shared/api-types";

/** `hosts`: as the server told somebody who may run the room; null: not told yet. Who runs it without being named runs every room. */
export function mayNameHosts(person: Person | null, hosts: readonly RoomHost[] | null): boolean {
  if (!person || hosts === null) return false;
  if (person.role === "ops" || person.role === "admin") return true;
  const mine = hosts.find((each) => each.person === person.id);
  return mine === undefined || mine.kind === "host";
}

/** Co-hosts go to the studio, experts to the room. In the fragment, which no server sees. */
export function invitationLink(kind: Invitation["kind"], room: string, code: string, origin: string): string {
  const path = kind === "cohost" ? "/studio" : `/r/${encodeURIComponent(room)}`;
  return `${origin}${path}#invitation=${code}`;
}
