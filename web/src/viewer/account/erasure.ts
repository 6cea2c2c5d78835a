/** What being forgotten does, in the words of a person: tables of the server become a few kinds of data. Pure. */
import type { ErasedTable } from "@shared/api-types";

/** Names of tables that are one thing to a person. What has no name of its own is `other`. */
const KINDS: Readonly<Record<string, string>> = {
  people: "account",
  identities: "signIns",
  phone_codes: "signIns",
  dev_codes: "signIns",
  person_merges: "account",
  sessions: "sessions",
  addresses: "addresses",
  consents: "consents",
  exports: "exports",
  erasures: "proof",
  chats: "chat",
  chat_hidden: "chat",
  held_lines: "chat",
  chat_reports: "reports",
  directs: "messages",
  questions: "questions",
  quiz_answers: "quizzes",
  quizzes: "quizzes",
  coupon_claims: "coupons",
  stock_holds: "holds",
  stock_aliases: "holds",
  stock_waits: "holds",
  sales: "books",
  stock_changes: "books",
  blocked_people: "blocks",
  audit: "staff",
  rooms: "rooms",
  room_controls: "rooms",
  room_hosts: "rooms",
  room_invitations: "rooms",
  cameras: "rooms",
  clips: "rooms",
  chat_deletions: "rooms",
  uploads: "pictures",
  upload_counts: "pictures",
};

export interface ErasedKind {
  kind: string;
  /** Why something of it stays, in one language; none where nothing does. */
  whys: string[];
}

export type ErasedGroups = Record<ErasedTable["becomes"], ErasedKind[]>;

/** Of work in the shop, of which a viewer has none. */
const OF_STAFF: ReadonlySet<string> = new Set(["people.kept.staff", "people.kept.rooms"]);

/** Each kind once under what becomes of it: in the order above, from what is a person's own to what is of no interest by itself. */
export function groupsOf(items: readonly ErasedTable[], language: "zh" | "en", isStaff: boolean): ErasedGroups {
  const groups: ErasedGroups = { delete: [], anonymise: [], keep: [] };
  for (const { table, becomes, reason, why } of items) {
    if (!isStaff && reason !== null && OF_STAFF.has(reason)) continue;
    const kind = KINDS[table] ?? "other";
    let entry = groups[becomes].find((each) => each.kind === kind);
    if (!entry) groups[becomes].push((entry = { kind, whys: [] }));
    const words = why?.[language];
    if (words && !entry.whys.includes(words)) entry.whys.push(words);
  }
  for (const group of Object.values(groups)) group.sort((a, b) => placeOf(a) - placeOf(b));
  return groups;
}

const ORDER = [...new Set(Object.values(KINDS))];

function placeOf({ kind }: ErasedKind): number {
  const at = ORDER.indexOf(kind);
  return at < 0 ? ORDER.length : at;
}
