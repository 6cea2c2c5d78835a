// Generated from livehub/room/wire.py and the control messages of each module by `python -m livehub spec`. Do not edit.

export const PROTOCOL_VERSION = 1;

/** A product came into the bag, or changed there. */
export interface BagPut {
  type: "bag_put";
  card: Card;
}

/** A product left the bag. */
export interface BagRemoved {
  type: "bag_remove";
  card: string;
}

/** A person is out of the room until `until_ts` (0: may come again); their lines go. */
export interface Banned {
  type: "ban";
  user: string;
  until_ts: number;
}

/** Another picture is shown, or none (`program` null); by a person (`cut`), or for a camera's signal (`lost`, `back`). */
export interface CameraSwitched {
  type: "camera";
  program: Program | null;
  reason: "back" | "cut" | "end" | "lost" | "start";
}

/** A product as shown in a room. `no`: its number there, which it keeps and no other product gets.

    `titles`, `subtitles`, `unit_names`, `variant_names`: title, subtitle, unit and variant by language, where somebody gave
    them. `variant`: which size or sort of a product it is. `components`: what a unit of a bundle is made of.
    `batch`: the batch of food that is shown with it; `/trace/batches/{batch}` leads to where that comes from. */
export interface Card {
  id: string;
  no: number | null;
  title: string;
  subtitle: string | null;
  image: string | null;
  price_minor: number | null;
  list_price_minor: number | null;
  currency: string | null;
  unit: string | null;
  titles?: Record<string, string>;
  subtitles?: Record<string, string>;
  unit_names?: Record<string, string>;
  variant?: string;
  variant_names?: Record<string, string>;
  weighed?: CardWeight;
  components?: CardPart[];
  gift?: CardPart;
  batch?: string;
}

/** What is in a bundle, or comes as a gift, with each unit. */
export interface CardPart {
  id: string;
  qty: number;
  title: string;
  image: string | null;
  unit: string | null;
  titles?: Record<string, string>;
  unit_names?: Record<string, string>;
}

/** What is sold by weight: the price is that of `grams`, the most that is charged; `per_kg_minor`: what 1,000 g cost. */
export interface CardWeight {
  grams: number;
  per_kg_minor: number;
}

/** One line of chat. `badge`: what the speaker was in this room, said by the server: its host, a co-host, an expert, or of
    the shop's staff; absent for all others, whatever their role is elsewhere. */
export interface ChatLine {
  id: string;
  user: string;
  name: string;
  role: "admin" | "care" | "courier" | "farm" | "guest" | "host" | "ops" | "picker" | "viewer";
  text: string;
  ts: number;
  badge?: "care" | "cohost" | "expert" | "host" | "ops";
}

/** The acknowledgement of `claim`; the same for the same person, however often. */
export interface Claimed {
  ok: true;
  coupon: ClaimedCoupon;
}

/** A coupon a person holds. */
export interface ClaimedCoupon {
  id: string;
  coupon: CouponCard;
  claimed_ts: number;
}

/** One entry of a room's control log. `data.type` repeats `type`, so that `data` can be read alone. */
export interface Control {
  room: string;
  epoch: string;
  offset: number;
  type: string;
  ts: number;
  data: ShowChanged | RoomEdited | HostNamed | SlowModeSet | LineDeleted | LineRestored | Muted | Banned | QuestionAnswered | QuizOpened | QuizClosed | QuizDecided | Pinned | Unpinned | BagPut | BagRemoved | CouponShown | CouponEnded | SaleScheduled | SaleOpened | SaleChanged | SaleClosed | SaleRemoved | CameraSwitched;
}

/** A coupon as shown in a room.

    `kind`: `fixed` takes `amount_minor` off the goods, `percent` `basis_points` (1,000 are 10 %) of them, at most `cap_minor`;
    `delivery` takes `amount_minor` off the fee, all of it when that is 0. Each from goods of `min_spend_minor` on.
    `products`: which goods; None: all that take coupons. `audience`: who can have it; `new_buyer`: who has paid no order yet.
    It can be had until `ends_ts`, and used in [`usable_from_ts`, `usable_until_ts`). */
export interface CouponCard {
  id: string;
  title: string;
  amount_minor: number;
  currency: string;
  min_spend_minor: number;
  total: number;
  ends_ts: number | null;
  prize: boolean;
  kind: "delivery" | "fixed" | "percent";
  basis_points: number;
  cap_minor: number | null;
  products: string[] | null;
  audience: "everyone" | "new_buyer" | "people";
  usable_from_ts: number | null;
  usable_until_ts: number | null;
  titles?: Record<string, string>;
}

/** A coupon is gone or withdrawn. */
export interface CouponEnded {
  type: "coupon_end";
  coupon: string;
}

/** A coupon dropped into the room. */
export interface CouponShown {
  type: "coupon";
  coupon: CouponCard;
}

/** To one person, on every device of theirs; sent again at each connection until read. */
export interface Direct {
  id: string;
  type: string;
  ts: number;
  data: Record<string, unknown>;
}

/** The acknowledgement of what needs no more words. */
export interface Done {
  ok: true;
}

/** The acknowledgement of a chat line or a question. `held`: a moderator looks at it first. */
export interface DoneWithId {
  ok: true;
  id: string;
  held: boolean;
}

/** What went wrong. `code` is the number to act on, `name` the same for people, `retry_after_ms` when to try again. The
    table of errors says which have more members. */
export interface ErrorBody {
  code: number;
  name: string;
  message: string;
  retry_after_ms?: number;
}

/** Units set aside for one person until `expires_ts` (Unix ms). */
export interface Hold {
  id: string;
  state: "closing" | "confirmed" | "expired" | "held" | "released";
  lines: SaleQty[];
  expires_ts: number;
}

/** Who the room belongs to. `names`: the name by language, where somebody gave it. */
export interface Host {
  name: string;
  avatar: string | null;
  names?: Record<string, string>;
}

/** Somebody became the room's host, a co-host or an expert; without a kind they are no longer any. */
export interface HostNamed {
  type: "host";
  user: string;
  kind: string | null;
}

/** The acknowledgement of `join`. If `recovered`, `missed` completes what the client has; else start from `room`. */
export interface Joined {
  ok: true;
  room: Snapshot;
  epoch: string;
  offset: number;
  recovered: boolean;
  missed: Control[];
}

/** A line was taken away by a moderator; stop showing it. */
export interface LineDeleted {
  type: "chat_delete";
  line: string;
}

/** A line that was taken away is shown again, where it was said; a moderator has thought better of it. Among `missed`
    messages it has an empty text and name when it was taken away again since. */
export interface LineRestored {
  type: "chat_restore";
  line: ChatLine;
}

/** A person may not chat until `until_ts` (0: may again). */
export interface Muted {
  type: "mute";
  user: string;
  until_ts: number;
}

/** About the service itself. `degraded`: a part is away; `restored`; `moving`: reconnect after `after_ms`. */
export interface Notice {
  type: "degraded" | "moving" | "restored";
  ts: number;
  after_ms: number;
}

/** A product is being explained; it is in the bag too. */
export interface Pinned {
  type: "pin";
  card: Card;
}

/** The picture viewers see since `since_ts`: a camera's, or (`camera` None) the slate that stands in for one.

    `state`: `on`, a camera's picture; `slate`, which a person chose; `lost`, the slate because no picture comes of the camera.
    A room whose show is live and that has no program shows nothing: no camera has sent yet.

    `hls`: its master playlist (LL-HLS). `whep`: where to play it with less delay by WebRTC (WHEP), if there is room. */
export interface Program {
  camera: string | null;
  name: string;
  state: "lost" | "on" | "slate";
  since_ts: number;
  hls: string;
  whep: string | null;
}

/** A viewer's question that was answered (`answer` is empty when it was answered aloud). `badge`: of whoever did, as in
    chat; `by`: their name, unless they speak for the shop. */
export interface Question {
  id: string;
  name: string;
  text: string;
  answer: string;
  answered_ts: number;
  badge?: "care" | "cohost" | "expert" | "host" | "ops";
  by?: string;
}

/** The host answered a question. */
export interface QuestionAnswered {
  type: "question";
  question: Question;
}

/** A quiz as viewers see it; the right answer appears in `result` alone. */
export interface QuizCard {
  id: string;
  kind: "choice" | "number";
  question: string;
  options: string[] | null;
  unit: string | null;
  min_value: number | null;
  max_value: number | null;
  step: number | null;
  opens_ts: number;
  closes_ts: number;
  status: "closed" | "open";
  prize: CouponCard | null;
  result: QuizResult | null;
}

/** The quiz takes no more answers. */
export interface QuizClosed {
  type: "quiz_close";
  quiz: string;
}

/** The result of a quiz. */
export interface QuizDecided {
  type: "quiz_result";
  quiz: string;
  result: QuizResult;
}

/** A quiz takes answers until `closes_ts`. */
export interface QuizOpened {
  type: "quiz_open";
  quiz: QuizCard;
}

/** How a quiz came out. `counts`: answers per option, or per bucket of `edges` (len(edges) = len(counts) + 1). */
export interface QuizResult {
  answers: number;
  counts: number[];
  winners: Winner[];
  winners_total: number;
  correct_choice: number | null;
  correct_value: number | null;
  edges: number[] | null;
}

/** The acknowledgement of anything refused; nothing has changed. */
export interface Refused {
  ok: false;
  error: ErrorBody;
}

/** The hold, as it is by now. */
export interface Reserved {
  ok: true;
  hold: Hold;
}

/** Title, host, poster or notice changed. */
export interface RoomEdited {
  type: "room";
  title: string;
  host: Host;
  poster: string | null;
  notice: string;
  titles?: Record<string, string>;
  notices?: Record<string, string>;
}

/** What control messages have made of a room: everything a viewer may see that is ordered and never shed. */
export interface RoomView {
  id: string;
  title: string;
  host: Host;
  poster: string | null;
  notice: string;
  show: Show;
  titles?: Record<string, string>;
  notices?: Record<string, string>;
  slow_mode_s: number;
  questions: Question[];
  quiz: QuizCard | null;
  pin: Card | null;
  bag: Card[];
  coupons: CouponCard[];
  sales: SaleCard[];
  program: Program | null;
}

/** A sale as the room shows it. `price_minor` is the sale's, `card` shows the product with its usual one; times are Unix ms,
    None: by hand. It is open from `sale_open` on, or from `opens_ts` on if that comes first, until `closes_ts` or `sale_close`.
    `batch`: of which batch of food it is; `/trace/batches/{batch}` leads to where that comes from. */
export interface SaleCard {
  id: string;
  card: Card;
  price_minor: number;
  currency: string;
  units: number;
  per_person_max: number;
  opens_ts: number | null;
  closes_ts: number | null;
  coupons: boolean;
  state: string;
  batch?: string;
}

/** Staff have changed its units, its limit, or when it ends. */
export interface SaleChanged {
  type: "sale_change";
  sale: SaleCard;
}

/** A sale is over. */
export interface SaleClosed {
  type: "sale_close";
  sale: string;
}

/** A sale is open. */
export interface SaleOpened {
  type: "sale_open";
  sale: SaleCard;
}

/** So many units of a sale. */
export interface SaleQty {
  sale: string;
  qty: number;
}

/** A sale that is over is shown no more. */
export interface SaleRemoved {
  type: "sale_remove";
  sale: string;
}

/** There will be a sale. */
export interface SaleScheduled {
  type: "sale_scheduled";
  sale: SaleCard;
}

/** The state of the show and since when. `live_ts`: the first moment of the present show. */
export interface Show {
  status: "ended" | "live" | "paused" | "scheduled";
  since_ts: number;
  live_ts: number | null;
  starts_ts: number | null;
}

/** The show started, paused, went on or ended, or another start was announced. */
export interface ShowChanged {
  type: "show";
  show: Show;
}

/** A person may chat once in so many seconds; 0 is off. */
export interface SlowModeSet {
  type: "slow_mode";
  seconds: number;
}

/** A room at one moment: its view at (`epoch`, `offset`), and the passing things as this worker knows them.

    `viewers`: people who watch, each once, without staff.
    `bounds`: how much the view's lists may hold here, by name; a client that keeps the view up to date keeps to them. And how
    many characters (code points, in NFC) a chat line and a question may have: `chat_chars_max`, `question_chars_max`.
    `stock`: what is left, by what it is left of; ticks tell what changes. */
export interface Snapshot {
  view: RoomView;
  likes: number;
  viewers: number;
  chats: ChatLine[];
  ts: number;
  bounds: Record<string, number>;
  stock: Record<string, number>;
}

/** To hosts and ops in a room: something to look at. Sheddable; HTTP has the truth. */
export interface Staff {
  room: string;
  type: "cameras" | "coupons" | "figures" | "held" | "orders" | "question" | "report";
  ts: number;
  data: Record<string, unknown>;
}

/** What passed since the last tick; may be skipped for those who fall behind. Counters are totals: the latest wins.

    `viewers`: people who watch, each once, without staff.
    `stock`: what is left, by what it is left of; absent when the room counts nothing. What is missing in it is counted no more. */
export interface Tick {
  room: string;
  chats: ChatLine[];
  likes: number;
  viewers: number;
  stock?: Record<string, number>;
}

/** `ticket` goes with the tap, together with `proof`: a decimal number such that SHA-256 of "{ticket}.{proof}" begins with
    `zero_bits` zero bits. Both hold until `ends_ts` (Unix ms). */
export interface TicketGiven {
  ok: true;
  ticket: string;
  zero_bits: number;
  ends_ts: number;
}

/** No product is being explained. */
export interface Unpinned {
  type: "unpin";
}

/** `place` in line, from 1 on; or the `hold`, if there were units after all. */
export interface Waiting {
  ok: true;
  place?: number;
  hold?: Hold;
}

/** One who won a quiz. */
export interface Winner {
  user: string;
  name: string;
  rank: number;
  value: number | null;
}

/** Answer a quiz: `choice` (index from 0) or `value`, as the quiz's kind asks. Acknowledged once it is stored. A `value` has
    at most 6 digits after the point; of two that are as near, in decimals, the one that came first is nearer. */
export interface Answer {
  room: string;
  quiz: string;
  choice?: number | null;
  value?: number | null;
}

/** Ask the host a question. Signed-in people only. */
export interface Ask {
  room: string;
  text: string;
}

/** Say a line. Signed-in people only. */
export interface Chat {
  room: string;
  text: string;
}

/** Take a coupon that is shown in a room. One per person. */
export interface Claim {
  coupon: string;
  key: string;
}

/** Enter a room. With `since`, get exactly the control messages missed, or `recovered: false`. */
export interface Join {
  room: string;
  since?: Position | null;
}

/** Leave a room. */
export interface Leave {
  room: string;
}

/** Likes since the last such message; taps are batched by the client. */
export interface Like {
  room: string;
  n: number;
}

/** Go on with a new token of the same person, before the one of the CONNECT ends. */
export interface NewToken {
  token: string;
}

/** A place in a room's control log: where a client stands, or wants to go on from. */
export interface Position {
  epoch: string;
  offset: number;
}

/** Mark direct messages as read, so that they are not sent again. */
export interface Read {
  ids: string[];
}

/** Give a hold of one's own back. */
export interface Release {
  hold: string;
}

/** Report a chat line to the moderators. */
export interface Report {
  room: string;
  line: string;
}

/** Set units aside: of one `sale`, or all of `lines` or none. The same `key` again is the same tap.

    `ticket` and `proof` only when a refusal asked for them. */
export interface Reserve {
  key: string;
  sale?: string;
  qty?: number;
  lines?: SaleQty[];
  ticket?: string;
  proof?: string;
}

/** Ask for a ticket of a sale, which a refusal wanted. */
export interface Ticket {
  sale: string;
}

/** Leave the line. */
export interface Unwait {
  sale: string;
}

/** Stand in line for a sale that is sold out; whoever's turn it is gets a hold, and the direct message `hold`.

    `key`: as that of Reserve, for the hold to come; without one there is a new one. `ticket` and `proof` as for Reserve. */
export interface Wait {
  sale: string;
  qty: number;
  key?: string;
  ticket?: string;
  proof?: string;
}

export type ControlData = ShowChanged | RoomEdited | HostNamed | SlowModeSet | LineDeleted | LineRestored | Muted | Banned | QuestionAnswered | QuizOpened | QuizClosed | QuizDecided | Pinned | Unpinned | BagPut | BagRemoved | CouponShown | CouponEnded | SaleScheduled | SaleOpened | SaleChanged | SaleClosed | SaleRemoved | CameraSwitched;

export interface ClientEvents {
  join: Join;
  leave: Leave;
  like: Like;
  token: NewToken;
  read: Read;
  chat: Chat;
  report: Report;
  ask: Ask;
  answer: Answer;
  claim: Claim;
  reserve: Reserve;
  release: Release;
  wait: Wait;
  unwait: Unwait;
  ticket: Ticket;
}

export interface ServerEvents {
  control: Control;
  tick: Tick;
  direct: Direct;
  staff: Staff;
  notice: Notice;
}

export interface Acknowledgements {
  join: Joined;
  leave: Done;
  like: Done;
  token: Done;
  read: Done;
  chat: DoneWithId;
  report: Done;
  ask: DoneWithId;
  answer: Done;
  claim: Claimed;
  reserve: Reserved;
  release: Done;
  wait: Waiting;
  unwait: Done;
  ticket: TicketGiven;
}
