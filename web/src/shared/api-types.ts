// Generated from the bodies of the HTTP endpoints by `python -m livehub spec`. Do not edit.

import type { Card, ChatLine, CouponCard, ErrorBody, Host, QuizCard, QuizResult, SaleQty, Show, Snapshot } from "./wire";

/** What is on an account of the ledger: debits less credits. `kind`: asset, liability, income or expense. */
export interface AccountBalance {
  account: string;
  kind: string;
  currency: string;
  amount_minor: number;
}

/** A person; `name` is empty where none is known. */
export interface Actor {
  id: string;
  name: string;
}

/** To add an account of another site to one's own. `to`: the path of ours that one comes back to. */
export interface AddElsewhere {
  to: string;
  app?: "field" | "ops" | "studio" | "viewer";
}

/** One's own address. `phone` is E.164; `lat`, `lon` are as they were given, `wgs84_lat`, `wgs84_lon` the same place. */
export interface Address {
  id: string;
  name: string;
  phone: string;
  region: string;
  line: string;
  lat: number | null;
  lon: number | null;
  datum: "bd09" | "gcj02" | "wgs84";
  wgs84_lat: number | null;
  wgs84_lon: number | null;
  is_default: boolean;
}

/** What is not there stays as it is; `lat`, `lon` and `datum` come together. */
export interface AddressChange {
  name?: string;
  phone?: string;
  region?: string;
  line?: string;
  lat?: number | null;
  lon?: number | null;
  datum?: "bd09" | "gcj02" | "wgs84";
  is_default?: true;
}

/** A new address. `lat`, `lon` are of `datum`, that of the map they were taken from; null where nobody pointed at one. The
    first address is the default. */
export interface AddressRequest {
  name: string;
  phone: string;
  region?: string;
  line: string;
  lat?: number | null;
  lon?: number | null;
  datum?: "bd09" | "gcj02" | "wgs84";
  is_default?: boolean;
}

/** The default first, then the latest. */
export interface Addresses {
  items: Address[];
  next: string | null;
}

/** How an anchor is. `looked_at`: none, nobody has looked yet; `reason`: of its failure, as it was said. Of the newest
    checkpoint that it has: `newest` (its id), `size` of the tree, `behind` the log by so many entries, `depth` in blocks, the
    fee for a unit of gas, how often it was sent, how often a chain took it back; `age_s`: since it was anchored. */
export interface AnchorHealth {
  anchor: string;
  kind: string;
  looked_at: string | null;
  chain: string | null;
  failing_since: string | null;
  reason: string | null;
  newest: number | null;
  size: number | null;
  behind: number | null;
  tx: string | null;
  block: number | null;
  depth: number;
  anchored_at: string | null;
  age_s: number | null;
  fee_gwei: number | null;
  attempts: number;
  fallbacks: number;
  under_way: AnchorUnderWay | null;
  is_development: boolean;
  label: string | null;
  labels: Record<string, string> | null;
}

/** What it takes to check an anchor without us. `note`: the checkpoint as the log signed it; `payload`: what a transaction
    carries, hexadecimal; `proof`: a time stamp or an .ots file, base64; `fallbacks`: how often a chain took it back. */
export interface AnchorProof {
  checkpoint: AnchoredCheckpoint;
  note: string;
  fallbacks: number;
  payload: string | null;
  proof: string | null;
}

/** How an anchor is. `age_s`: since its newest checkpoint was anchored; none: it has none. `newest`: that one's id, `size`:
    of its tree. `failing_since`: none while it answers. `looked_at`: when that was seen. */
export interface AnchorState {
  anchor: string;
  kind: string;
  looked_at: string | null;
  chain: string | null;
  failing_since: string | null;
  newest: number | null;
  size: number | null;
  age_s: number | null;
  label: string | null;
  labels: Record<string, string> | null;
}

/** A checkpoint on its way to an anchor. `attempts`: how often it was sent, `fee_gwei`: the highest offered for a unit of
    gas; `fallbacks`: how often a chain took it back. */
export interface AnchorUnderWay {
  state: "pending" | "sent";
  size: number;
  begun_at: string;
  depth: number;
  attempts: number;
  fee_gwei: number | null;
  fallbacks: number;
}

/** A checkpoint of the log at an anchor. `pending`: not sent, or only promised; `sent`: under way, or in a block that is not
    deep enough; `confirmed`: anchored; `abandoned`: nobody answered in time. `chain`: by CAIP-2. `tx`: by which the anchor
    knows it: a transaction, the hash of the note, a file. `root`: hexadecimal. `published_at`: when the log published it;
    `anchored_at`: since when the anchor has it, by its own word, where it gives one. `depth`: blocks counted until it was
    confirmed. `label`, `labels`: what to say beside it. `look_at`: a page that shows the transaction. */
export interface AnchoredCheckpoint {
  id: number;
  anchor: string;
  kind: string;
  state: "abandoned" | "confirmed" | "pending" | "sent";
  size: number;
  root: string;
  published_at: string | null;
  chain: string | null;
  tx: string | null;
  block: number | null;
  block_hash: string | null;
  depth: number;
  anchored_at: string | null;
  label: string | null;
  labels: Record<string, string> | null;
  look_at: string | null;
}

/** A page, the newest first; and the anchors there are. `as_of`: when this was true. */
export interface AnchoredCheckpoints {
  items: AnchoredCheckpoint[];
  anchors: AnchorState[];
  as_of: string | null;
  next: string | null;
}

/** Why the buyer does not agree. */
export interface AppealRequest {
  text: string;
}

/** What is not there stays as it is. `version`: the one that was read. */
export interface AreaChange {
  version: number;
  name?: string;
  names?: Record<string, string> | null;
  regions?: string[];
  shape?: Polygon | Circle | null;
  currency?: string;
  fee_minor?: number;
  free_from_minor?: number | null;
  minimum_minor?: number;
  position?: number;
  is_on?: boolean;
}

/** A delivery area: beginnings of division codes, a shape on the map, or both (see docs/delivery.md). `position`: areas are
    asked in this order; without one it comes last. `free_from_minor`: goods after coupons from which delivery is free. */
export interface AreaRequest {
  name: string;
  names?: Record<string, string> | null;
  regions?: string[];
  shape?: Polygon | Circle | null;
  currency: string;
  fee_minor?: number;
  free_from_minor?: number | null;
  minimum_minor?: number;
  position?: number | null;
  is_on?: boolean;
}

/** Latest first. */
export interface AuditEntries {
  items: AuditEntry[];
  next: string | null;
}

/** One act. `by`: whose doing, null for nobody's; `about`: whom it met; `was`, `became`: states; `before`, `after`: what
    changed; `network`: from where, as a hash that is the same for the same network. */
export interface AuditEntry {
  id: string;
  at: string;
  type: string;
  subject: string;
  room: string | null;
  by: AuditedPerson | null;
  about: AuditedPerson | null;
  was: string | null;
  became: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  why: string;
  data: Record<string, unknown>;
  network: string;
}

/** Which acts; all without it. `who`: whose doing; `subject`: what it was done to, whom it met, or the room; `type`: one or
    more, with commas between them; `looks` false: without looks at people for which nobody gave a reason; `from`, `to`:
    ISO 8601 with a zone, the second not included. */
export interface AuditQuery {
  limit: number | null;
  after: string | null;
  who: string | null;
  subject: string | null;
  type: string | null;
  looks: boolean;
  from: string | null;
  to: string | null;
}

/** Somebody as they were then; `name` is empty where none was kept, `role` null. */
export interface AuditedPerson {
  id: string;
  name: string;
  role: string | null;
}

/** A batch. `left`: units that have not gone into another batch. */
export interface Batch {
  id: string;
  product: string;
  gtin: string;
  lot: string;
  code: string;
  made_by: "harvest" | "kitchen" | "merge" | "repack" | "slaughter" | "split";
  made_at: string;
  place: BatchPlace;
  units: number;
  left: number;
  boxes: number;
  packed: number;
  chain: ChainState;
}

/** A certificate. `sha256`: of the picture's file as it was uploaded, which is in the log; `picture`: where it is shown. */
export interface BatchCertificate {
  kind: string;
  number: string;
  valid_until: string | null;
  picture: string | null;
  sha256: string | null;
}

/** A certificate. `picture`: an upload; `valid_until`: its last day, where it ends. */
export interface BatchCertificateRequest {
  kind: string;
  number?: string;
  picture?: string | null;
  valid_until?: string | null;
}

/** A batch that another came of, or became: `steps_away` from the one that was asked for. */
export interface BatchKin {
  id: string;
  gtin: string;
  lot: string;
  product: string;
  code: string;
  made_by: "harvest" | "kitchen" | "merge" | "repack" | "slaughter" | "split";
  made_at: string;
  steps_away: number;
}

/** The label of a batch. `printed`: what its QR code says; `svg`: that code; `url`: a page to print it from,
    with `&copies=` of it. */
export interface BatchLabel {
  code: string;
  printed: string;
  svg: string;
  url: string;
}

/** What a batch came of, and what became of it. `is_whole`: false when there are more than are followed. */
export interface BatchLineage {
  batch: string;
  came_of: BatchKin[];
  became: BatchKin[];
  links: BatchLink[];
  is_whole: boolean;
}

/** So many units of `parent` went into `child`; null where several batches became several, and nobody can tell. */
export interface BatchLink {
  parent: string;
  child: string;
  units: number;
  making: string;
  kind: "merge" | "repack" | "split";
}

/** Batches, the latest first. */
export interface BatchList {
  items: Batch[];
  next: string | null;
}

/** A batch that was made: what its label says, and where it is in the log. */
export interface BatchMade {
  id: string;
  code: string;
  chain: ChainState;
}

/** A batch, and the product that it is of, whose rule holds for it. */
export interface BatchOf {
  batch: string;
  product: string;
}

/** A place, in WGS-84; `given`: as it was said, of `datum`. */
export interface BatchPlace {
  name: string;
  lat: number;
  lon: number;
  datum: string;
  given_lat: number;
  given_lon: number;
}

/** A product of which there may be batches. `titles`: by language. */
export interface BatchProduct {
  id: string;
  title: string;
  unit: string;
  gtin: string | null;
  titles?: Record<string, string>;
}

/** Products of which there may be batches, by their ids. */
export interface BatchProducts {
  items: BatchProduct[];
  next: string | null;
}

/** `q`: of the lot, or the GTIN; `product`: of that alone. */
export interface BatchQuery {
  limit: number | null;
  after: string | null;
  q: string;
  product: string | null;
}

/** A new batch, made at `place`. `certificates`: of it; one that is an upload's id is a picture of which nothing more is
    known. */
export interface BatchRequest {
  product: string;
  gtin: string;
  lot: string;
  harvested_at: string | number;
  place: PlaceRequest;
  units: number;
  certificates?: (string | BatchCertificateRequest)[];
  made_by?: "harvest" | "kitchen" | "slaughter";
}

/** A batch, with all that is known of it. */
export interface BatchShown {
  id: string;
  product: string;
  gtin: string;
  lot: string;
  code: string;
  made_by: "harvest" | "kitchen" | "merge" | "repack" | "slaughter" | "split";
  made_at: string;
  place: BatchPlace;
  units: number;
  left: number;
  boxes: number;
  packed: number;
  chain: ChainState;
  certificates: BatchCertificate[];
  steps: BatchStep[];
}

/** Something that was done. `at`: when, as whoever recorded it says; `recorded_at`: when we were told. */
export interface BatchStep {
  id: string;
  kind: "cooked" | "cooled" | "cut" | "delivered" | "destroyed" | "handed_over" | "harvested" | "inspected" | "packed" | "planted" | "recalled" | "received" | "shipped" | "slaughtered" | "stored" | "treated" | "washed";
  at: string;
  recorded_at: string;
  place: BatchPlace | null;
  celsius: number | null;
  photo: string | null;
  photo_sha256: string | null;
  note: string;
  leaf: number | null;
}

/** Something that was done with a batch. `note` is for staff: in the log stands a commitment to it. */
export interface BatchStepRequest {
  kind: "cooked" | "cooled" | "cut" | "delivered" | "destroyed" | "handed_over" | "harvested" | "inspected" | "packed" | "planted" | "recalled" | "received" | "shipped" | "slaughtered" | "stored" | "treated" | "washed";
  at: string | number;
  place?: PlaceRequest | null;
  celsius?: number | null;
  photo?: string | null;
  note?: string;
}

/** A provider's bill of a day. `rows`, `fetched_at`: null until all of it is read; `fault`: of the last try, of `tries`.
    `differences`: findings about it, of which nobody has resolved `open`. */
export interface Bill {
  provider: string;
  day: string;
  tries: number;
  rows: number | null;
  fetched_at: string | null;
  fault: string | null;
  differences: number;
  open: number;
  sums: BillSum[];
}

/** A provider's bill of a day of its own. `rows`: null: it is not there yet, and `fault` says why. */
export interface BillDay {
  provider: string;
  day: string;
  rows: number | null;
  fetched_at: string | null;
  fault: string | null;
}

/** The latest day first. `next`: what to give as `after` for the following page. */
export interface BillList {
  items: Bill[];
  next: string | null;
}

/** Which days. `state`: `fetched` and read whole, `missing`, or `differs`: with something that we know otherwise. */
export interface BillQuery {
  limit: number | null;
  after: string | null;
  provider: string;
  state: "differs" | "fetched" | "missing" | null;
}

/** What a bill says of one currency: paid in, sent back, and kept by the provider (below 0: given back by it). */
export interface BillSum {
  currency: string;
  taken_minor: number;
  returned_minor: number;
  fee_minor: number;
}

/** A block, and how many sign-ins ended with it. */
export interface BlockMade {
  id: string;
  sessions_ended: number;
}

/** Whom to block, by one at least: a person's id, with whom the phone numbers go that they sign in with; a number, as one
    types it to sign in; a device's mark. `until` null: for good. `has_no_account`: `person` is an id that only tokens carry,
    of which nothing is known here; else it is that of an account or of a guest. */
export interface BlockRequest {
  person?: string | null;
  phone?: string | null;
  device?: string | null;
  reason: string;
  until?: string | null;
  has_no_account?: boolean;
}

/** Those that stand, latest first. */
export interface BlockedList {
  items: BlockedPerson[];
  next: string | null;
}

/** Somebody who may not sign in. `shown`: their name, or the number without its middle; `by`: who blocked them. */
export interface BlockedPerson {
  id: string;
  person: string | null;
  shown: string;
  kinds: ("device" | "person" | "phone")[];
  reason: string;
  by: string;
  at: string;
  until: string | null;
}

/** `person`: whom a block meets, by id. `search`: the beginning of what is shown of them, a person's id, or a whole phone
    number. */
export interface BlockedQuery {
  limit: number | null;
  after: string | null;
  person: string | null;
  search: string;
}

/** Looks at the books of days, the latest day first. `next`: what to give as `after` for the following page. */
export interface BookDays {
  items: BookLook[];
  next: string | null;
}

/** `q`: a day, or words of what differs or was away. */
export interface BookDaysQuery {
  limit: number | null;
  after: string | null;
  q: string;
}

/** What does not agree. `check`: the name of what was looked at (docs/ledger.md); `what`: in words. */
export interface BookDifference {
  check: string;
  what: string;
}

/** The last look at the books of a day. `found`: how many differences; `differences`: the first of them; `away`: what could
    not be looked at, in words. */
export interface BookLook {
  day: string;
  looked_at: string;
  found: number;
  differences: BookDifference[];
  away: string[];
}

/** How the books stand. `closed_day`: the last that is closed; `looks`, `bills`: of the latest days, the latest first. */
export interface Books {
  balances: AccountBalance[];
  closed_day: string | null;
  looks: BookLook[];
  bills: BillDay[];
}

/** `q`: words of an account's name, its kind or its currency. `limit`: of the days and bills beside them. */
export interface BooksQuery {
  limit: number | null;
  after: string | null;
  q: string;
}

/** A box, and the order line that it was packed for. */
export interface Box {
  batch: string;
  lot: string;
  serial: string;
  code: string;
  order_line: string | null;
  packed_at: string | null;
  leaf: number | null;
}

/** Boxes of an order line. */
export interface BoxList {
  items: Box[];
  next: string | null;
}

/** A box is packed for an order line. `code`: what was scanned of it. */
export interface BoxRequest {
  code: string;
  order_line: string;
  at?: string | number | null;
}

/** Serials for labels; `url`: where they are to be printed from. */
export interface BoxSheet {
  id: string;
  batch: string;
  serials: string[];
  codes: string[];
  url: string;
}

/** So many new boxes of a batch, each with a serial. */
export interface BoxSheetRequest {
  boxes: number;
}

/** An order of which something was in the van. `lines`: how many of its lines; `offer`: what its buyer was offered;
    `told_at`: when, none: about to be. `state`: of the order now. */
export interface BreachOrder {
  order: string;
  number: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  person: string;
  person_name: string;
  shipment: string;
  lines: number;
  offer: "coupon" | "none" | "refund" | "replacement";
  told_at: string | null;
}

/** A page, by their ids. */
export interface BreachOrders {
  items: BreachOrder[];
  next: string | null;
}

/** It was calibrated, and has to be again by `due`. */
export interface CalibrationRequest {
  at: string | number;
  due: string | number;
  laboratory: string;
  certificate?: string;
}

/** A camera of a room. `lost`: it sent, and has stopped. `thumbnail`: a JPEG, for staff, at most a second or two old.

    `problem`: why there is no picture, where that is known. The first five of an IP camera, which is called again; the others
    want somebody: the picture is not H.264 (`codec`), has B-frames, or there is none; its file can't be read, or has gone.
    Those are tried again, too, only less often. Only `no_keyframes` is told of a camera that is live, too: who has its picture
    keeps it, who joins sees nothing. */
export interface Camera {
  id: string;
  name: string;
  kind: "file" | "rtsp" | "test" | "whip";
  url: string | null;
  state: "connecting" | "live" | "lost" | "off";
  problem: "b_frames" | "codec" | "defect" | "ended" | "file_gone" | "no_keyframes" | "no_picture" | "not_found" | "password" | "silent" | "unreachable" | "unreadable" | null;
  on_air: boolean;
  thumbnail: string;
  health: Health | null;
}

/** The cameras of a room. `on_air`: which one viewers see (None: the slate, or nothing); `wanted`: named by the last cut.

    `next`: the one that is cut to at its next keyframe, in about `next_in_ms` (None: not known); before there is a program,
    the one that was chosen to open it. `failed`: the camera of the last cut, which gave no keyframe in time. `program`: what
    viewers see: a camera (`on`), the slate because somebody chose it (`slate`) or no picture comes (`lost`), nothing (`none`). */
export interface CameraList {
  cameras: Camera[];
  on_air: string | null;
  wanted: string | null;
  next: string | null;
  next_in_ms: number | null;
  failed: string | null;
  program: "lost" | "none" | "on" | "slate";
}

/** A camera and, for kind `whip`, where it publishes to and with which token, which is shown this once. */
export interface CameraMade {
  camera: Camera;
  whip: string | null;
  token: string | null;
}

/** A camera to be. `url`: rtsp://... or rtsps://... of an IP camera, or the name of a file in the media folder.

    `reuse`: of kind `whip`: a camera of this name that the same person added to the room, and that nobody publishes on, is
    given again with another token. So a device whose browser has forgotten its token does not leave a dead camera behind. */
export interface CameraRequest {
  name: string;
  kind?: "file" | "rtsp" | "test" | "whip";
  reuse?: boolean;
  url?: string | null;
}

/** `restock`: of a paid order that cost nothing, whether its goods go back on the shelf; null: as long as nobody has packed
    them. For the staff. */
export interface CancelRequest {
  restock?: boolean | null;
}

/** The card as shown. */
export interface CardPlaced {
  epoch: string;
  offset: number;
  card: Card;
}

/** A product of the catalogue by `product`, or one that is in the bag already by `card`, or an inline card. `batch`: the
    batch of food that is shown with it, e.g. with its certificate as the `image` of an inline card. */
export interface CardRequest {
  product?: string | null;
  card?: string | null;
  batch?: string | null;
  title?: string | null;
  subtitle?: string | null;
  image?: string | null;
  price_minor?: number | null;
  list_price_minor?: number | null;
  currency?: string | null;
  unit?: string | null;
  titles?: Record<string, string> | null;
  subtitles?: Record<string, string> | null;
  unit_names?: Record<string, string> | null;
}

/** One's own cart. `version` counts its changes. */
export interface Cart {
  lines: CartLine[];
  version: number;
}

/** A product in the cart, as it is sold now. `left`: units that are free; `qty_max`: of which one order takes so many;
    `is_on_sale`: whether it can be bought at all. */
export interface CartLine {
  product: string;
  qty: number;
  title: string;
  titles?: Record<string, string>;
  image: string | null;
  unit: string;
  unit_names?: Record<string, string>;
  price_minor: number;
  currency: string;
  is_weighed: boolean;
  is_on_sale: boolean;
  left: number;
  qty_max: number;
}

/** All that is to be in the cart; none empties it. A product that stands on two lines counts together. */
export interface CartRequest {
  lines: WantedLine[];
}

/** An after-sales case. `person_name`: what the buyer is called, told to staff alone. `due_at`: until when it is to be
    decided; `is_overdue`: it is open, and that is past. `max_refund_minor`: what of its units can still be paid back.
    `replacement`: the order that is sent instead; `coupon`: the one that was given. */
export interface Case {
  id: string;
  order: string;
  number: string;
  person: string;
  kind: "refund" | "replacement";
  reason: "missing" | "other" | "spoiled" | "undelivered" | "underweight";
  text: string;
  photos: string[];
  lines: CaseLine[];
  state: "closed" | "decided" | "open" | "withdrawn";
  opened_at: string;
  due_at: string;
  is_overdue: boolean;
  seen_at: string | null;
  decision: "gift" | "refund" | "reject" | "replace" | null;
  decided_at: string | null;
  note: string;
  refund: Refund | null;
  replacement: string | null;
  coupon: string | null;
  appeal: string;
  can_appeal: boolean;
  max_refund_minor: number;
  currency: string;
  steps: CaseStep[];
  version: number;
  person_name: string | null;
}

/** Units of a line, the first being 0. */
export interface CaseLine {
  line: string;
  units: number[];
}

/** Cases, latest first, or as a queue. `open`, `overdue`: how many there are of all. */
export interface CaseList {
  items: CaseSummary[];
  open: number;
  overdue: number;
  next: string | null;
}

/** `q`: an order's number; `order`: its id. `overdue`: only open ones whose time is over. `queue`: open ones alone, the one
    that is due first at the top. */
export interface CaseQuery {
  limit: number | null;
  after: string | null;
  state: "closed" | "decided" | "open" | "withdrawn" | null;
  q: string;
  order: string | null;
  overdue: boolean;
  queue: boolean;
}

/** What is wrong with which units of an order. `reason`: 坏果 `spoiled`, 缺重 `underweight`, 少件 `missing`, 未送达
    `undelivered`, or anything else, which is 其他 `other`. `photos`: ids of uploads. */
export interface CaseRequest {
  lines: LineToRefund[];
  kind: "refund" | "replacement";
  reason: string;
  text?: string;
  photos?: string[];
}

/** A step on the time line. `by`: of the staff, and what they are called; told to staff alone. */
export interface CaseStep {
  at: string;
  step: "appeal" | "close" | "decide" | "open" | "refund_rejected" | "see" | "withdraw";
  decision: "gift" | "refund" | "reject" | "replace" | null;
  by: string | null;
  by_name: string | null;
}

/** A case in a list. `person`, `decided_by` and what they are called are told to staff alone, `goods` with how many units
    of each it is about. */
export interface CaseSummary {
  id: string;
  order: string;
  number: string;
  kind: "refund" | "replacement";
  reason: "missing" | "other" | "spoiled" | "undelivered" | "underweight";
  text: string;
  photos: string[];
  state: "closed" | "decided" | "open" | "withdrawn";
  opened_at: string;
  due_at: string;
  is_overdue: boolean;
  decision: "gift" | "refund" | "reject" | "replace" | null;
  decided_at: string | null;
  decided_by: string | null;
  decided_by_name: string | null;
  person: string | null;
  person_name: string | null;
  goods: ListedLine[];
}

/** A certificate on file. `holds`: today. */
export interface Certificate {
  kind: string;
  picture: string;
  number: string;
  valid_until: string;
  holds: boolean;
}

/** A certificate: a picture of it, what it proves, and the last day on which it holds (in the shop's time zone). */
export interface CertificateRequest {
  picture: string;
  kind: "antibiotic_free" | "free_range" | "geographical" | "grass_fed" | "green_food" | "halal" | "kosher" | "non_gmo" | "organic" | "pesticide_free" | "wild";
  valid_until: string;
  number?: string;
}

/** Where a fact is. `leaf`: its place in the log, null as long as no published checkpoint has it. `id`: its identity on a
    chain, CAIP-2/transaction/leaf, once that is anchored: in the log since `logged_at` at the latest, on the chain since
    `anchored_at`. `is_development`: the chain is one for development, which proves nothing. */
export interface ChainState {
  state: "anchored" | "pending";
  leaf: number | null;
  id?: string;
  logged_at?: string;
  anchored_at?: string;
  is_development?: boolean;
}

/** A code is on its way. `retry_after_ms`: when another may be asked for. */
export interface ChallengeSent {
  challenge: string;
  retry_after_ms: number;
}

/** From `at_ts` on a product is explained. */
export interface Chapter {
  at_ts: number;
  card: Card;
}

/** What is no further than `radius_m` from a place, on the sphere. */
export interface Circle {
  kind: "circle";
  lat: number;
  lon: number;
  radius_m: number;
}

/** A word that wants a certificate of `kind`. `field`: such as `title` or `titles.en`; `word`: as it is there. */
export interface ClaimWord {
  field: string;
  word: string;
  kind: string;
}

/** How many of a coupon are somebody's. */
export interface ClaimedCount {
  id: string;
  claimed: number;
  total: number;
}

/** What the `staff` event `coupons` tells: of those that are shown. */
export interface ClaimedCounts {
  coupons: ClaimedCount[];
}

/** A piece of a recording. `hls`: its playlist; `file`: the same as one MP4; both are there once it is `kept`.

    `code`, `problem`: why it `failed`, as the number and the words of a refusal. */
export interface Clip {
  id: string;
  recording: string;
  title: string;
  from_ts: number;
  to_ts: number;
  hls: string;
  file: string;
  poster: string | null;
  state: "failed" | "kept" | "making";
  code: number | null;
  problem: string | null;
}

/** Clips of a recording, those in the making and those that failed as well, by their beginning. */
export interface ClipList {
  clips: Clip[];
}

/** Which piece to keep. It begins at the last keyframe at or before `from_ts` and ends with the picture at `to_ts`. */
export interface ClipRequest {
  title: string;
  from_ts: number;
  to_ts: number;
}

/** What holds of one purpose. `version`, `at`, `place`: of the last word about it, null if there was none, and then it is
    off. */
export interface Consent {
  purpose: "analytics" | "marketing_push" | "marketing_sms" | "marketing_wechat" | "personalisation" | "photos";
  granted: boolean;
  version: string | null;
  at: string | null;
  place: string | null;
}

/** Agree, or no longer. */
export interface ConsentRequest {
  granted: boolean;
  version: string;
  place?: string;
}

/** Every purpose. */
export interface Consents {
  items: Consent[];
}

/** A place of an outline. */
export interface Corner {
  lat: number;
  lon: number;
}

/** Readings from one moment to another are `offset_c` warmer than the device said; without it they are no temperatures. */
export interface CorrectionRequest {
  since: string | number;
  until: string | number;
  offset_c?: number | null;
  reason: string;
}

/** A coupon of the buyer's. `reason`: why it cannot be used here, null: it can. `missing_minor`: how much more it takes. */
export interface CouponChoice {
  id: string;
  title: string;
  titles?: Record<string, string>;
  kind: "delivery" | "fixed" | "percent";
  amount_minor: number;
  basis_points: number;
  cap_minor: number | null;
  min_spend_minor: number;
  ends_at: string | null;
  reason: string | null;
  missing_minor: number;
}

/** A person's coupons, latest first. */
export interface CouponList {
  coupons: OwnCoupon[];
}

/** The coupon as shown. */
export interface CouponPlaced {
  epoch: string;
  offset: number;
  coupon: CouponCard;
}

/** A product that a coupon is for. */
export interface CouponProduct {
  id: string;
  title: string;
  titles?: Record<string, string>;
}

/** A coupon to drop into the room. `products`: those it is for; without: all. `audience`: `new_buyer` for who has paid no
    order yet, `people` for those in `people`. `ends_in_s`: how long it can be had, no longer than it can be used. */
export interface CouponRequest {
  title: string;
  titles?: Record<string, string> | null;
  kind?: "delivery" | "fixed" | "percent";
  amount_minor?: number;
  basis_points?: number;
  cap_minor?: number | null;
  currency?: string;
  min_spend_minor?: number;
  usable_from?: string | number | null;
  usable_until?: string | number | null;
  products?: string[] | null;
  audience?: "everyone" | "new_buyer" | "people";
  people?: string[] | null;
  total?: number;
  ends_in_s?: number | null;
}

/** How many points at most. */
export interface CurveQuery {
  points: number | null;
}

/** Curves with what they are to be held against. `high_c`, `low_c`: the limits, broken strictly above and below them. */
export interface Curves {
  product: string | null;
  high_c: number | null;
  low_c: number | null;
  gap_s: number;
  curves: SensorCurve[];
  breaches: Finding[];
  shelf_life: ShelfLife | null;
}

/** A cut that was made. `at_ts`: the moment of the program where the new picture begins.

    `waits`: it is not made yet, and waits for the camera's next keyframe, in about `in_ms` (None: not known), about at `at_ts`;
    or for the show. The list of cameras tells when it is made (`next`, `on_air`), or given up (`failed`). */
export interface Cut {
  camera: string | null;
  at_ts: number;
  waits: boolean;
  in_ms: number | null;
}

/** Which camera viewers shall see; `slate`: the picture that stands in for one. */
export interface CutRequest {
  camera: string;
}

/** What is done about a case. `lines`: which units, if not all of it; `note`: for the buyer. `restock`, `at_fault`: as in a
    refund; null: at fault when it was not delivered. `coupon`: what a `gift` is, in the currency of the order; a percentage
    with the most that it takes off. `slot`: the window that a replacement comes in; null: the next one with room. */
export interface DecisionRequest {
  decision: "gift" | "refund" | "reject" | "replace";
  lines?: LineToRefund[];
  note?: string;
  restock?: boolean | null;
  at_fault?: boolean | null;
  coupon?: Prize | null;
  slot?: string | null;
}

/** A delivery area. */
export interface DeliveryArea {
  id: string;
  version: number;
  name: string;
  names: Record<string, string> | null;
  regions: string[];
  shape: Polygon | Circle | null;
  currency: string;
  fee_minor: number;
  free_from_minor: number | null;
  minimum_minor: number;
  position: number;
  is_on: boolean;
}

/** All of them, in their order. */
export interface DeliveryAreas {
  items: DeliveryArea[];
  next: string | null;
}

/** A weekly pattern. */
export interface DeliveryPattern {
  id: string;
  version: number;
  area: string | null;
  point: string | null;
  days: number[];
  from_minute: number;
  until_minute: number;
  cut_off_minutes: number;
  capacity: number;
  begins_on: string;
  ends_on: string | null;
  is_on: boolean;
}

/** All of them. `ahead_days`: for so many days windows are made. */
export interface DeliveryPatterns {
  items: DeliveryPattern[];
  ahead_days: number;
  next: string | null;
}

/** `q`: words of a name, an address or a division. Without `limit` all of them. */
export interface DeliveryQuery {
  limit: number | null;
  after: string | null;
  q: string;
}

/** A window, and how it stands. `capacity` is what is `held` and `sold` and `left`; `pattern`: it was made from one. */
export interface DeliveryWindow {
  id: string;
  version: number;
  area: string | null;
  point: string | null;
  from: string;
  until: string;
  orders_until: string;
  capacity: number;
  held: number;
  sold: number;
  left: number;
  is_closed: boolean;
  pattern: string | null;
  warehouse: string | null;
}

/** The earliest first. `next`: what to give as `after` for the following page. */
export interface DeliveryWindows {
  items: DeliveryWindow[];
  next: string | null;
}

/** A sensor. `skew_s`: how far our clock is ahead of its. `is_overdue`: its calibration was due. */
export interface Device {
  id: string;
  name: string;
  kind: string;
  is_on: boolean;
  seen_at: string | null;
  newest_at: string | null;
  newest_c: number | null;
  skew_s: number;
  calibrated_at: string | null;
  calibration_due_at: string | null;
  is_overdue: boolean;
}

/** Off: nothing of it is taken any more. */
export interface DeviceChange {
  is_on: boolean;
}

/** `key`: hex, told here and nowhere else; the device signs with its 32 bytes. */
export interface DeviceMade {
  id: string;
  key: string;
}

/** A sensor that will send readings. */
export interface DeviceRequest {
  name: string;
  kind: "temperature";
}

/** By name. `next`: what `after` has to be for the next page. */
export interface Devices {
  items: Device[];
  next: string | null;
}

/** A page of sensors. */
export interface DevicesQuery {
  limit: number | null;
  after: string | null;
}

/** When a mute or ban was over. `by`: who lifted it or set another; null: its time was up. */
export interface Ended {
  ts: number;
  by: Actor | null;
}

/** `confirm` has to be true. */
export interface EraseRequest {
  confirm?: boolean;
}

/** What becomes of one table. `reason`: the key of `why`, where something is kept; `rows`: how many it was, once it is
    done. */
export interface ErasedTable {
  table: string;
  becomes: "anonymise" | "delete" | "keep";
  reason: string | null;
  why: Why | null;
  rows: number | null;
}

/** Being forgotten: what would come of it (`none`), or what comes of it. `id` is the receipt; until `due` it can be taken
    back. */
export interface Erasure {
  state: "asked" | "done" | "none";
  id: string | null;
  asked: string | null;
  due: string | null;
  done: string | null;
  items: ErasedTable[];
}

/** Which events; all without it. `types`: with commas between them, and with a restriction's comes its lifting; `person`:
    whose doing it was, or whom it met; `line`: the history of a chat line. */
export interface EventQuery {
  limit: number | null;
  after: string | null;
  types: string | null;
  person: string | null;
  line: string | null;
}

/** One's own data as a file. `url` is there once it is `ready`, until `ends`; it works for that person alone. */
export interface Export {
  id: string;
  state: "making" | "ready";
  asked: string;
  ready: string | null;
  ends: string | null;
  bytes: number | null;
  url: string | null;
}

/** Latest first. */
export interface Exports {
  items: Export[];
  next: string | null;
}

/** A request for an invoice. `amount_minor`: what was paid, and not refunded, when it was asked for. `number`: of the
    invoice. `to_reverse_minor`: what of it was refunded since it was issued, for which the shop owes a red-letter invoice;
    `reversed_minor`: what those have taken back, the last of them under `reversal_number`. */
export interface Fapiao {
  id: string;
  order: string;
  order_number: string;
  kind: "company" | "personal";
  title: string;
  tax_number: string | null;
  email: string;
  amount_minor: number;
  currency: string;
  state: "issued" | "rejected" | "requested";
  asked_at: string;
  decided_at: string | null;
  number: string | null;
  note: string;
  to_reverse_minor: number;
  reversed_minor: number;
  reversal_number: string | null;
}

/** The number of the invoice. */
export interface FapiaoIssued {
  number: string;
}

/** Requests for invoices, latest first. */
export interface FapiaoList {
  items: Fapiao[];
  next: string | null;
}

/** `q`: an order's number, a tax number, or the beginning of a title. `to_reverse`: those alone of which something was
    refunded since they were issued. */
export interface FapiaoQuery {
  limit: number | null;
  after: string | null;
  state: "issued" | "rejected" | "requested" | null;
  q: string;
  to_reverse: boolean;
}

/** Why there is none, for the buyer. */
export interface FapiaoRejected {
  note: string;
}

/** An invoice for an order, sent to `email`. `tax_number`: a company's unified social credit code. */
export interface FapiaoRequest {
  kind: "company" | "personal";
  title: string;
  tax_number?: string | null;
  email: string;
}

/** The number of the red-letter invoice, of all that is to be reversed: `amount_minor`. */
export interface FapiaoReversed {
  number: string;
  amount_minor: number;
}

/** What a sensor said and is no temperature. */
export interface Fault {
  at: string;
  celsius: number;
  reason: string;
}

/** A room's live figures, as this process knows them. `viewers_peak`: the most at once so far.

    `viewers_unique`: different people so far, exact up to 256, then within a few percent. Who comes without a token counts
    with each visit, but not with each connection of it. */
export interface Figures {
  viewers: number;
  viewers_peak: number;
  viewers_unique: number;
  likes: number;
  chats: number;
  chats_per_s: number;
  likes_per_s: number;
  questions_open: number;
  held: number;
}

/** What broke a rule (`breach`) or came near (`warning`). `from_at`: since when; `reading_at`: what showed it; `told_at`:
    when that came. `is_late`: it came after a gap. `is_overdue`: its device's calibration was due. `corrected_at`: it turned
    out to be none, and stays on record. `leaf`: of the log, once it has one. */
export interface Finding {
  id: string;
  shipment: string;
  device: string | null;
  product: string;
  batches: string[];
  level: "breach" | "warning";
  cause: "above" | "below" | "cumulative" | "handover" | "implausible" | "rise" | "silence";
  from_at: string;
  reading_at: string;
  told_at: string;
  ended_at: string | null;
  celsius: number | null;
  worst_c: number | null;
  limit: number | null;
  minutes: number;
  is_late: boolean;
  is_overdue: boolean;
  corrected_at: string | null;
  correction: string | null;
  leaf: number | null;
}

/** The latest first. */
export interface FindingList {
  items: FindingShown[];
  next: string | null;
}

/** `open`: only what nobody has resolved yet; `q`: the whole id of a payment, a refund or an order, an order's number, or
    the provider's number; `provider` and `day`: what its bill of that day says otherwise. */
export interface FindingQuery {
  limit: number | null;
  after: string | null;
  open: boolean;
  q: string;
  provider: string;
  day: string;
}

/** What was done about it. */
export interface FindingResolved {
  note: string;
}

/** Something about money that does not fit. `resolved_by_name`: empty where there is none. */
export interface FindingShown {
  id: string;
  kind: string;
  provider: string;
  payment: string | null;
  refund: string | null;
  order: string | null;
  amount_minor: number | null;
  currency: string | null;
  details: Record<string, unknown>;
  found_at: string;
  resolved_at: string | null;
  resolved_by: string | null;
  resolved_by_name: string;
  note: string | null;
}

/** A page of findings, the latest first. */
export interface FindingsQuery {
  limit: number | null;
  after: string | null;
  level: "breach" | "warning" | null;
  shipment: string | null;
  batch: string | null;
}

/** A word that advertising may not use; `kind`: `superlative`, `absolute` or `medical`. */
export interface FlaggedWord {
  field: string;
  word: string;
  kind: string;
}

/** A guest, or somebody by name alone, who became a person when they signed in, in one step or in several; `became`: whom in
    the first. `name` is empty of a guest. */
export interface FormerSelf {
  id: string;
  became: string;
  merged_ts: number;
  name: string;
}

/** A page. `next`: what `after` has to be for the next one. */
export interface FoundList {
  items: Finding[];
  next: string | null;
}

/** What wants a certificate, and what advertising may not say. */
export interface FoundWords {
  claims: ClaimWord[];
  flags: FlaggedWord[];
}

/** Where the browser is to go. */
export interface GoTo {
  url: string;
}

/** A gift that has been given away, or of which there are too few: none of it comes. */
export interface GoneGift {
  product: string;
  title: string;
  titles?: Record<string, string>;
  image: string | null;
  unit: string;
  unit_names?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  qty: number;
}

/** What was paid in one currency, refunds not taken off. */
export interface GrossSales {
  currency: string;
  amount_minor: number;
}

/** A hand-over on record. */
export interface Handover {
  at: string;
  place: string;
  celsius: number;
}

/** Goods changed hands, so warm, there. */
export interface HandoverRequest {
  celsius: number;
  place: string;
  at?: string | number | null;
}

/** How a camera's picture arrives. `loss`: share of packets, 0 to 1, before what was sent again; `rtt_ms`: round trip.

    `keyframe_interval_ms`: the longest of late; a cut to a camera that sends none on request waits for as long. */
export interface Health {
  bitrate_bps: number;
  fps: number;
  width: number;
  height: number;
  loss: number;
  jitter_ms: number;
  rtt_ms: number | null;
  keyframe_age_ms: number | null;
  keyframe_interval_ms: number | null;
  audio: boolean;
  since_ts: number;
}

/** A chat line a moderator has to look at: held by the word list, or reported by viewers.

    `matched`: the words for which it is held, as they are in its text. */
export interface HeldLine {
  id: string;
  line: ChatLine;
  reason: "report" | "word";
  reports: number;
  held_at: string;
  matched: MatchedWord[];
}

/** What became of one of them. `error`: it was not waiting, the others were decided all the same. */
export interface HeldOutcome {
  id: string;
  ok: boolean;
  error: ErrorBody | null;
}

/** An outcome for each line, in the order of the request. */
export interface HeldOutcomes {
  items: HeldOutcome[];
}

/** What to do with lines that wait, several at once: equal ones, say. */
export interface HeldVerdict {
  verdict: "approve" | "reject";
  lines: string[];
}

/** A stretch that the room's own signals point at. `score`: times the usual; `reasons`: which signals rose, e.g. `likes`. */
export interface Highlight {
  from_ts: number;
  to_ts: number;
  score: number;
  reasons: ("chat" | "coupon" | "likes" | "orders" | "pin" | "quiz")[];
}

/** Proposed clips, best first. */
export interface HighlightList {
  highlights: Highlight[];
}

/** The caller's holds, the latest first: those that are live, and those that ended in the last day. */
export interface HoldList {
  items: OwnHold[];
  next: string | null;
}

/** Who the room belongs to. */
export interface HostRequest {
  name: string;
  avatar?: string | null;
  names?: Record<string, string> | null;
}

/** Who, and what they are to be; null: nothing any more. */
export interface HostRequestOf {
  person: string;
  kind: "cohost" | "expert" | "host" | null;
}

/** An invitation that can be accepted still. `by`: who invites. */
export interface Invitation {
  id: string;
  kind: "cohost" | "expert";
  by: string;
  created_at: string;
  ends_at: string;
}

/** The code of an invitation. */
export interface InvitationCode {
  code: string;
}

/** Latest first. */
export interface InvitationList {
  items: Invitation[];
  next: string | null;
}

/** An invitation, and the code that accepts it, told this once. It goes into a link's fragment, which no server sees. */
export interface InvitationMade {
  id: string;
  kind: "cohost" | "expert";
  code: string;
  ends_at: string;
}

/** To run the room's shows, or to answer its questions. */
export interface InvitationRequest {
  kind: "cohost" | "expert";
}

/** What an invitation is to: the room and its title, as what, and who invites. `titles`: the title by language, where
    somebody gave it. `accepted`: whoever asks has accepted it, and is what it says. */
export interface Invited {
  room: string;
  title: string;
  kind: "cohost" | "expert" | "host";
  by: string;
  ends_at: string;
  accepted: boolean;
  titles?: Record<string, string>;
}

/** All that the page of a batch tells, the earliest first. `serial`: of the box that was asked for. `is_whole`: false when
    it came of more batches, or has more steps, than are told. `anchoring`: of `GET /api/log/anchors/{anchoring}`, once a chain
    has it. `as_of`: when it was read. */
export interface Journey {
  batch: string;
  product: string;
  title: string | null;
  titles: Record<string, string> | null;
  image: string | null;
  gtin: string;
  lot: string;
  serial: string | null;
  code: string;
  made_by: "harvest" | "kitchen" | "merge" | "repack" | "slaughter" | "split";
  made_at: string;
  units: number;
  chain: ChainState;
  anchoring: number | null;
  certificates: BatchCertificate[];
  came_of: BatchKin[];
  became: BatchKin[];
  events: JourneyEvent[];
  temperature: JourneyCurves[];
  breaches: Finding[];
  is_whole: boolean;
  as_of: string;
}

/** How warm a batch was on its ways, this one or one that it came of. */
export interface JourneyCurves {
  batch: string;
  lot: string;
  curves: Curves;
}

/** A step of the story. `batch`: of which, this one or one that it came of. `leaf`: its place in the log, null as long as no
    published checkpoint has it. `photo_sha256`: of the file as it was uploaded, which is what the log says. */
export interface JourneyEvent {
  kind: "boxed" | "cooked" | "cooled" | "cut" | "delivered" | "destroyed" | "handed_over" | "harvested" | "inspected" | "merge" | "packed" | "planted" | "recalled" | "received" | "repack" | "shipped" | "slaughtered" | "split" | "stored" | "treated" | "washed";
  at: string;
  batch: string;
  lot: string;
  place: JourneyPlace | null;
  units: number | null;
  celsius: number | null;
  photo: string | null;
  photo_sha256: string | null;
  leaf: number | null;
}

/** A place, and how far it is from the one before, as the crow flies. */
export interface JourneyPlace {
  name: string;
  lat: number;
  lon: number;
  km: number | null;
}

/** `serial`: of a box, whose packing is then told, too. */
export interface JourneyQuery {
  serial: string | null;
}

/** Where a batch is now. `path`: of its page. Under way it is `on_the_way_since`, and its warmest sensor last said
    `celsius`; `is_out_of_limits`: that is a breach which goes on. `breaches`: in all, without those that were corrected. */
export interface Latest {
  batch: string;
  path: string;
  made_by: "harvest" | "kitchen" | "merge" | "repack" | "slaughter" | "split";
  made_at: string;
  made_in: string;
  step: LatestStep | null;
  on_the_way_since: string | null;
  celsius: number | null;
  measured_at: string | null;
  breaches: number;
  is_out_of_limits: boolean;
}

/** What was done last. `place`: its name; none of what was done at somebody's door. */
export interface LatestStep {
  kind: "boxed" | "cooked" | "cooled" | "cut" | "delivered" | "destroyed" | "handed_over" | "harvested" | "inspected" | "merge" | "packed" | "planted" | "recalled" | "received" | "repack" | "shipped" | "slaughtered" | "split" | "stored" | "treated" | "washed";
  at: string;
  place: string | null;
  celsius: number | null;
}

/** What is left. `used`: share of the whole, 0 and more. Days are from now on at `at_c`; `days_min` is what to go by. */
export interface Life {
  used: number;
  at_c: number;
  days: number;
  days_min: number;
  days_max: number;
}

/** How long goods last. Between `points` (by temperature) ln L is interpolated; beyond them, and where there is one alone,
    it follows by `q10`. `uncertainty`: share by which it may be off, either way. */
export interface LifeModel {
  id: string;
  points: Point[];
  q10: Parameter;
  uncertainty: Parameter;
}

/** `reason`: why a block is lifted, for the audit log. */
export interface LiftQuery {
  reason: string;
}

/** What is drawn without a gap: temperatures and their moments (Unix ms), in order. */
export interface Line {
  at_ms: number[];
  celsius: number[];
}

/** A line, and what each of its units costs after all. */
export interface LineOfGoods {
  product: string;
  sale: string | null;
  title: string;
  titles?: Record<string, string>;
  image: string | null;
  unit: string;
  unit_names?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  qty: number;
  unit_price_minor: number;
  amount_minor: number;
  discount_minor: number;
  paid_minor: number;
  unit_shares_minor: number[];
  is_weighed: boolean;
  is_gift: boolean;
}

/** Units of a line of the order. `units`: which of them, the first being 0; or, as a number, how many of those that are
    left. Name them where a second click must not pay back a second one. */
export interface LineToRefund {
  line: string;
  units: number[] | number;
}

/** What is sold by weight: `grams` of each unit were paid for. `units`: without those that went back or were sent again. */
export interface LineToWeigh {
  line: string;
  product: string;
  title: string;
  titles?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  image: string | null;
  grams: number;
  units: UnitToWeigh[];
}

/** A box of a batch. `order_line`: which it was packed for; `leaf`: of the log, where that stands. */
export interface ListedBox {
  serial: string;
  sheet: string;
  code: string;
  order_line: string | null;
  packed_at: string | null;
  leaf: number | null;
}

/** By serial. */
export interface ListedBoxes {
  items: ListedBox[];
  next: string | null;
}

/** What was ordered. */
export interface ListedLine {
  product: string;
  title: string;
  titles?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  image: string | null;
  qty: number;
  is_gift: boolean;
}

/** An order as staff see it in a list; `person_name`: what its buyer is called, empty if nothing; `phone`: that it goes to,
    masked, empty once its address is gone. `replaces`: the order of whose units these are sent instead. */
export interface ListedOrder {
  id: string;
  number: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  room: string | null;
  person: string;
  person_name: string;
  phone: string;
  lines: ListedLine[];
  currency: string;
  goods_minor: number;
  discount_minor: number;
  delivery_minor: number;
  delivery_discount_minor: number;
  total_minor: number;
  paid_minor: number;
  refunded_minor: number;
  delivery: PlacedDelivery | null;
  note: string;
  created_at: string;
  paid_at: string | null;
  cancelled_at: string | null;
  cancel_reason: string | null;
  version: number;
  replaces: string | null;
}

/** The latest first. */
export interface ListedOrders {
  items: ListedOrder[];
  next: string | null;
}

/** A product, and how many there are: of those `on_hand` some are held for buyers, some sold; of a bundle `on_hand` says how
    many its components are free for.

    `unproven`: kinds of claims whose certificates do not hold today. */
export interface ListedProduct {
  id: string;
  farm: string;
  title: string;
  subtitle: string;
  image: string | null;
  price_minor: number;
  list_price_minor: number | null;
  currency: string;
  unit: string;
  titles?: Record<string, string>;
  subtitles?: Record<string, string>;
  unit_names?: Record<string, string>;
  version: number;
  images: string[];
  sku: string | null;
  gtin: string | null;
  is_on_sale: boolean;
  variant_of: string | null;
  variant: string;
  weighed: Weighed | null;
  components: ProductQty[];
  gift: ProductQty | null;
  unproven: string[];
  on_hand: number;
  held: number;
  sold: number;
  variant_names?: Record<string, string>;
}

/** A refund in the list of the staff. `person`: the buyer; names are empty where there is none; `goods`: which and how many
    of them, none of what is no refund of goods. */
export interface ListedRefund {
  id: string;
  order: string;
  number: string;
  person: string;
  person_name: string;
  goods: ListedLine[];
  kind: string;
  state: "approval" | "failed" | "paid" | "processing";
  amount_minor: number;
  currency: string;
  provider: string;
  reason: string;
  is_rejected: boolean;
  asked_by: string | null;
  asked_by_name: string;
  approved_by: string | null;
  approved_by_name: string;
  rejected_by: string | null;
  rejected_by_name: string;
  created_at: string;
  paid_at: string | null;
}

/** Serials that were made together. `url`: where their labels are to be printed from. */
export interface ListedSheet {
  id: string;
  boxes: number;
  made_at: string;
  url: string;
}

/** The latest first. */
export interface ListedSheets {
  items: ListedSheet[];
  next: string | null;
}

/** How the log is. `is_published`: whether it is, by this process; `size`: of what is published; `age_s`: since the newest
    checkpoint was signed, which happens when there is something new; `waiting`: entries that no published checkpoint has.
    `witnesses_min`: without so many cosignatures none is published. `anchor_every_s`: shortest time between two anchors;
    `confirmations`: blocks at which a transaction counts as anchored. */
export interface LogHealth {
  is_published: boolean;
  origin: string;
  size: number;
  published_at: string | null;
  age_s: number | null;
  waiting: number;
  witnesses: WitnessHealth[];
  witnesses_min: number;
  anchors: AnchorHealth[];
  anchor_every_s: number;
  confirmations: number;
  as_of: string;
}

/** How the log stands. `key`: its public key; `size`: entries that the published checkpoint has; `root`: base64;
    `published_at`: of that checkpoint; null, with a size of 0: none was published yet. `waiting`: entries that have committed
    and are in no published checkpoint yet. */
export interface LogState {
  origin: string;
  key: string;
  size: number;
  root: string;
  published_at: string | null;
  waiting: number;
}

/** `reason`: why staff look at somebody, for the audit log. */
export interface LookQuery {
  reason: string;
}

/** What was made of batches; in the order in which it was asked for. */
export interface MakingDone {
  id: string;
  items: BatchMade[];
}

/** So many units of a batch that go into others. */
export interface MakingInput {
  batch: string;
  units: number;
}

/** A batch that comes out. What is not there is as of the first input. */
export interface MakingOutput {
  lot: string;
  units: number;
  gtin?: string | null;
  product?: string | null;
}

/** A split (one batch into several of the same product), a merge (several of one product into one), or a repack (into
    whatever). */
export interface MakingRequest {
  kind: "merge" | "repack" | "split";
  at: string | number;
  inputs: MakingInput[];
  outputs: MakingOutput[];
  place?: PlaceRequest | null;
}

/** A word of the list, as it stands there, and where it is in the text; no places when they cannot be told. */
export interface MatchedWord {
  word: string;
  places: Place[];
}

/** A person, to themselves. Times in Unix ms; `created_ts` is null for one who has no account. `rights`: what they may do,
    by the names of permissions; those of rooms hold in their own. */
export interface Me {
  id: string;
  name: string;
  role: "admin" | "care" | "courier" | "farm" | "guest" | "host" | "ops" | "picker" | "viewer";
  language: string;
  created_ts: number | null;
  identities: MyIdentity[];
  rights: string[];
}

/** What is left out stays. */
export interface MeChange {
  name?: string | null;
  language?: "" | "en" | "zh-CN" | null;
}

/** Models of shelf life, each figure with where it comes from. */
export interface Models {
  items: LifeModel[];
}

/** What waits for a moderator in a room, and who is restricted. */
export interface ModerationPage {
  held: HeldLine[];
  restrictions: Restriction[];
  slow_mode_s: number;
}

/** The next state of a paid order, one at a time. `version`: as it was read. */
export interface MoveRequest {
  state: "delivered" | "dispatched" | "done" | "preparing";
  version: number;
}

/** How a person is known. `label`: for them to recognise it by, such as the end of a phone number, or where a passkey was
    made. `id`: by which it is taken away. */
export interface MyIdentity {
  id: string;
  kind: "oidc" | "passkey" | "phone" | "wechat";
  label: string;
  verified_ts: number;
  used_ts: number;
}

/** Where a person is signed in. `how`: phone, wechat, oidc, passkey, invitation, link or
    name; `device`: as they would call it. */
export interface MySession {
  id: string;
  app: "field" | "ops" | "studio" | "viewer";
  how: string;
  device: string;
  created_ts: number;
  seen_ts: number;
  is_current: boolean;
}

/** The newest first; `next` continues the list as `?after=`. */
export interface MySessions {
  items: MySession[];
  next: string | null;
}

/** A call that needs no more words than its address. */
export interface NoWords {
}

/** A call that needs no more words than its address. */
export interface Nothing {
}

/** What buyers are offered after a breach, as ops say. `none`: they are told of it, and no more. `coupon`: one of
    `amount_minor`, good for `days`. `replacement`, `refund`: a case for that is opened for them. */
export interface Offer {
  kind: "coupon" | "none" | "refund" | "replacement";
  amount_minor: number | null;
  currency: string | null;
  days: number;
}

/** An order, and all that became of it. `address` is null once its time is over. `stock`: whether its goods are held for it,
    sold to it, or free again (`freeing`: the stock engine is about to be told). Told to staff alone: `person_name`, what its
    buyer is called, and `findings`, what does not fit about its money, such as a chargeback, the latest first. */
export interface Order {
  id: string;
  number: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  room: string | null;
  currency: string;
  lines: OrderLine[];
  goods_minor: number;
  discount_minor: number;
  delivery_minor: number;
  delivery_discount_minor: number;
  total_minor: number;
  paid_minor: number;
  refunded_minor: number;
  coupon: string | null;
  delivery_coupon: string | null;
  delivery: PlacedDelivery | null;
  slot: string | null;
  closes_ts: number;
  closes_at: string;
  created_at: string;
  paid_at: string | null;
  cancelled_at: string | null;
  cancel_reason: string | null;
  version: number;
  replaces: string | null;
  person: string;
  stock: "freed" | "freeing" | "held" | "sold";
  address: OrderAddress | null;
  note: string;
  timeline: OrderChange[];
  payments: OrderPayment[];
  refunds: OrderRefund[];
  findings: FindingShown[];
  person_name: string | null;
}

/** Where it goes, as the fields of an address. */
export interface OrderAddress {
  name: string;
  phone: string;
  region: string;
  line: string;
  lat: number | null;
  lon: number | null;
  datum: "bd09" | "gcj02" | "wgs84";
}

/** A step on the time line. */
export interface OrderChange {
  at: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  why: string | null;
}

/** What a room has sold so far. `orders`: made and not cancelled; `paid`: ever paid; `buyers` of `people` who have been in
    the room have an order there; `gmv`: paid, not tapped. */
export interface OrderFigures {
  orders: number;
  paid: number;
  buyers: number;
  people: number;
  gmv: GrossSales[];
}

/** A line of an order. `refunded_units`: those that were paid back, or are about to be; `replaced_units`: those that were
    sent again, with an order of their own. The first unit is 0. `batch`: of which batch of food the sale said it was. */
export interface OrderLine {
  product: string;
  sale: string | null;
  title: string;
  titles?: Record<string, string>;
  image: string | null;
  unit: string;
  unit_names?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  qty: number;
  unit_price_minor: number;
  amount_minor: number;
  discount_minor: number;
  paid_minor: number;
  unit_shares_minor: number[];
  is_weighed: boolean;
  is_gift: boolean;
  id: string;
  sku: string | null;
  tax_minor: number;
  batch?: string;
  refunded_units: number[];
  replaced_units: number[];
}

/** One's own orders, the latest first. `counts`: how many there are, by state, of those a buyer still waits for. */
export interface OrderList {
  items: OrderSummary[];
  counts: Record<string, number>;
  next: string | null;
}

/** A try to pay it. */
export interface OrderPayment {
  id: string;
  provider: string;
  state: string;
  amount_minor: number;
  created_at: string;
  paid_at: string | null;
}

/** Money on its way back, or there. */
export interface OrderRefund {
  id: string;
  kind: string;
  state: string;
  amount_minor: number;
  created_at: string;
  paid_at: string | null;
}

/** `expect_total_minor`: what the buyer was shown. When it costs less by now it costs less; more is refused.
    `without_gifts`: products that the buyer was shown as gifts that are gone. Those of which there are some again come; other
    ones that are gone are refused. */
export interface OrderRequest {
  hold?: string | null;
  lines?: WantedLine[];
  coupon?: string | null;
  delivery_coupon?: string | null;
  address?: string | OrderAddress | null;
  slot?: string | null;
  expect_total_minor?: number | null;
  without_gifts?: string[];
  note?: string;
}

/** Of all orders of a filter in one currency. */
export interface OrderSum {
  currency: string;
  orders: number;
  total_minor: number;
  paid_minor: number;
  refunded_minor: number;
}

/** An order as lists show it. `closes_at`: unpaid, it is cancelled from then on. `replaces`: it costs nothing, and is sent
    instead of units of that order, which a case was about. */
export interface OrderSummary {
  id: string;
  number: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  room: string | null;
  currency: string;
  lines: OrderLine[];
  goods_minor: number;
  discount_minor: number;
  delivery_minor: number;
  delivery_discount_minor: number;
  total_minor: number;
  paid_minor: number;
  refunded_minor: number;
  coupon: string | null;
  delivery_coupon: string | null;
  delivery: PlacedDelivery | null;
  slot: string | null;
  closes_ts: number;
  closes_at: string;
  created_at: string;
  paid_at: string | null;
  cancelled_at: string | null;
  cancel_reason: string | null;
  version: number;
  replaces: string | null;
}

/** By currency; none where there are no orders. Of one number, phone or person it is the latest ten thousand. */
export interface OrderSums {
  items: OrderSum[];
}

/** An order with its lines that are sold by weight, and nothing of who gets it. */
export interface OrderToWeigh {
  id: string;
  number: string;
  state: "cancelled" | "delivered" | "dispatched" | "done" | "paid" | "preparing" | "unpaid";
  currency: string;
  delivery: PlacedDelivery | null;
  lines: LineToWeigh[];
}

/** Which orders; all without it. `q`: the number of an order, four digits or more at the end of the phone's that it goes
    to, or words in the title of a product; `state`: one or more, with commas between them; `from`, `to`: when they were made,
    ISO 8601 with a zone, the second not included. */
export interface OrdersQuery {
  limit: number | null;
  after: string | null;
  q: string | null;
  product: string | null;
  state: string | null;
  room: string | null;
  person: string | null;
  from: string | null;
  to: string | null;
}

/** The oldest first. */
export interface OrdersToWeigh {
  items: OrderToWeigh[];
  next: string | null;
}

/** One's own cases, latest first. */
export interface OwnCases {
  items: CaseSummary[];
  next: string | null;
}

/** A page of one's own cases. `order`: of this order alone. */
export interface OwnCasesQuery {
  limit: number | null;
  after: string | null;
  order: string | null;
}

/** A coupon that the caller has. `locked` by an unpaid order, `used` by a paid one. `reason`: why it is of no use now,
    whatever is in the cart. `products`: those it is for that the catalogue has, where it is not for all. `room`: where it was
    had; null: it was given after a complaint. */
export interface OwnCoupon {
  id: string;
  coupon: CouponCard;
  claimed_ts: number;
  room: string | null;
  state: "claimed" | "locked" | "used";
  order: string | null;
  reason: "locked" | "used" | "bought_before" | "not_invited" | "not_started" | "over" | "unknown_kind" | null;
  products: CouponProduct[];
}

/** A page of one's own invoices. `order`: of this order alone. */
export interface OwnFapiaoQuery {
  limit: number | null;
  after: string | null;
  order: string | null;
}

/** A hold, with its end as HTTP has times. */
export interface OwnHold {
  id: string;
  state: "closing" | "confirmed" | "expired" | "held" | "released";
  lines: SaleQty[];
  expires_ts: number;
  expires_at: string;
}

/** A question of one's own. `waiting`: the host may still answer it. `answer` is empty when it was given aloud.

    `closed`: it was not taken up, and nothing will come of it any more; why is nobody's business, so say no more than that. */
export interface OwnQuestion {
  id: string;
  text: string;
  state: "answered" | "closed" | "waiting";
  answer: string;
  asked_ts: number;
  answered_ts: number | null;
}

/** One's own questions in a room, latest first. */
export interface OwnQuestions {
  items: OwnQuestion[];
  next: string | null;
}

/** A figure of a model, and where it comes from. */
export interface Parameter {
  value: number;
  unit: string;
  source: string;
  author: string;
  date: string;
  kind: "assumed" | "measured" | "published";
}

/** What is in a bundle, or comes as a gift. */
export interface PartOfProduct {
  product: string;
  qty: number;
  title: string;
  unit: string;
  image: string | null;
  titles?: Record<string, string>;
  unit_names?: Record<string, string>;
}

/** What it gave, as JSON. */
export interface PasskeyAnswer {
  credential: Record<string, unknown>;
}

/** What the browser's `navigator.credentials` takes, as JSON (Web Authentication, section 5.1). */
export interface PasskeyOptions {
  options: Record<string, unknown>;
}

/** Nothing but the app. */
export interface PasskeyRequest {
  app?: "field" | "ops" | "studio" | "viewer";
}

/** The same, to sign in with. */
export interface PasskeySignIn {
  credential: Record<string, unknown>;
  app?: "field" | "ops" | "studio" | "viewer";
}

/** `type`: that of the control message, or of what else staff did; `unmute`, `unban`: a restriction was lifted.

    `id` is the event's own in its room. `data` is that of the message, or what it was about. `by`: whose doing it was, null
    for what came by itself, and of a `report` for who may not know; `about`: whom it met. `was`, `became`: states before and
    after of what was decided about. `line`: the chat line it is about, while that is kept. `reason`: why, in the words of
    whoever did it. `ended`: of a mute or ban that is over. */
export interface PastEvent {
  id: string;
  ts: number;
  type: string;
  data: Record<string, unknown>;
  by: Actor | null;
  about: Actor | null;
  was: string | null;
  became: string | null;
  line: ChatLine | null;
  reason: string;
  ended: Ended | null;
}

/** Latest first. `time_zone`: the shop's (IANA), in which pages show the moments. */
export interface PastEvents {
  items: PastEvent[];
  next: string | null;
  time_zone: string;
}

/** A price, and when it was offered: in [from_at, until_at), null: it still is. `sale`: of a room's sale. */
export interface PastPrice {
  price_minor: number;
  currency: string;
  from_at: string | null;
  until_at: string | null;
  sale: string | null;
}

/** What is not there stays as it is, and so do windows that were made. `version`: the one that was read. */
export interface PatternChange {
  version: number;
  days?: number[];
  from_minute?: number;
  until_minute?: number;
  cut_off_minutes?: number;
  capacity?: number;
  begins_on?: string;
  ends_on?: string | null;
  is_on?: boolean;
}

/** A weekly pattern of one area or one point: on these days a window from `from_minute` to `until_minute`, for `capacity`
    orders, which end `cut_off_minutes` before it begins. `ends_on` is its last day. */
export interface PatternRequest {
  area?: string | null;
  point?: string | null;
  days: number[];
  from_minute: number;
  until_minute: number;
  cut_off_minutes?: number;
  capacity: number;
  begins_on?: string | null;
  ends_on?: string | null;
  is_on?: boolean;
}

/** An attempt to pay an order. `how`: `url`: send the buyer there; `qr`: show `url` as a QR code; `jsapi`: call
    WeChat's bridge with `params`. Times are ISO 8601, and Unix ms in `closes_ts`, for a countdown. */
export interface Payment {
  id: string;
  order: string;
  provider: string;
  state: "closed" | "failed" | "open" | "paid";
  amount_minor: number;
  currency: string;
  how: "jsapi" | "qr" | "url" | null;
  url: string | null;
  params: Record<string, string> | null;
  created_at: string;
  closes_at: string;
  closes_ts: number;
  paid_at: string | null;
}

/** Ways to pay that are offered, the one to choose by itself first. */
export interface PaymentProviders {
  items: string[];
}

/** Which way to pay. */
export interface PaymentRequest {
  provider: string;
}

/** The newest first. */
export interface PeopleList {
  items: PersonRow[];
  next: string | null;
}

/** `search`: the beginning of a name, a whole phone number, or a person's id. `staff`: those who are more than viewers. */
export interface PeopleQuery {
  limit: number | null;
  after: string | null;
  search: string;
  role: "admin" | "care" | "courier" | "farm" | "host" | "ops" | "picker" | "viewer" | null;
  staff: boolean;
  blocked: boolean;
}

/** Whom a token speaks for. */
export interface Person {
  id: string;
  name: string;
  role: "admin" | "care" | "courier" | "farm" | "guest" | "host" | "ops" | "picker" | "viewer";
}

/** One person. `sessions`: how often they are signed in; `signed_in`: where, the newest first, SESSIONS_SHOWN_MAX at most;
    `merged_into`: whom they have become; `former`: who they were, each of whom may have been others. */
export interface PersonDetail {
  id: string;
  name: string;
  role: "admin" | "care" | "courier" | "farm" | "guest" | "host" | "ops" | "picker" | "viewer";
  language: string;
  created_ts: number;
  blocked_ts: number | null;
  identities: MyIdentity[];
  sessions: number;
  merged_into: string | null;
  former: FormerSelf[];
  signed_in: MySession[];
}

/** Somebody with an account, as a list shows them. `phone` is masked; times in Unix ms. `merged_into`: whom they have
    become; those are in the list only where they are looked for by their id. */
export interface PersonRow {
  id: string;
  name: string;
  role: "admin" | "care" | "courier" | "farm" | "guest" | "host" | "ops" | "picker" | "viewer";
  phone: string;
  created_ts: number;
  seen_ts: number;
  blocked_ts: number | null;
  merged_into: string | null;
}

/** The number by its end. */
export interface PhoneAdded {
  label: string;
}

/** The code that came: six digits of any script, spaces do no harm. `name`: what a new person wants to be called. */
export interface PhoneCode {
  code: string;
  app?: "field" | "ops" | "studio" | "viewer";
  name?: string | null;
}

/** Whose phones get codes: ISO 3166, and what its numbers begin with after the plus. */
export interface PhoneCountry {
  region: string;
  calling_code: number;
}

/** A phone number as people write it; one without a country is of the first of LIVEHUB_PHONE_REGIONS. `proof`: the
    solution of the work that a refusal 1115 asked for, in Base64 as ALTCHA gives it. */
export interface PhoneRequest {
  phone: string;
  app?: "field" | "ops" | "studio" | "viewer";
  proof?: string | null;
}

/** A pick-up point. */
export interface PickupPoint {
  id: string;
  version: number;
  name: string;
  names: Record<string, string> | null;
  line: string;
  lines: Record<string, string> | null;
  lat: number;
  lon: number;
  opens: number;
  closes: number;
  closed_days: number[];
  currency: string;
  fee_minor: number;
  free_from_minor: number | null;
  minimum_minor: number;
  is_on: boolean;
}

/** All of them, by name. */
export interface PickupPoints {
  items: PickupPoint[];
  next: string | null;
}

/** `text[start:end]`, in UTF-16 code units. */
export interface Place {
  start: number;
  end: number;
}

/** A place. `lat` and `lon` are of `datum`, that of the map they were taken from. */
export interface PlaceRequest {
  name: string;
  lat: number;
  lon: number;
  datum?: "bd09" | "gcj02" | "wgs84";
}

/** Where in the room's control log the change stands. */
export interface Placed {
  epoch: string;
  offset: number;
}

/** How it comes: to the door, or to a point; `start` and `until` of the window, null without one. The words are those of the
    moment at which it was chosen. */
export interface PlacedDelivery {
  method: "door" | "pickup";
  area: string | null;
  point: string | null;
  name: string;
  names?: Record<string, string>;
  address: string;
  start: string | null;
  until: string | null;
}

/** Days that goods last at a temperature. */
export interface Point {
  celsius: number;
  days: Parameter;
}

/** What is not there stays as it is. `version`: the one that was read. */
export interface PointChange {
  version: number;
  name?: string;
  names?: Record<string, string> | null;
  line?: string;
  lines?: Record<string, string> | null;
  lat?: number;
  lon?: number;
  opens?: number;
  closes?: number;
  closed_days?: number[];
  currency?: string;
  fee_minor?: number;
  free_from_minor?: number | null;
  minimum_minor?: number;
  is_on?: boolean;
}

/** A pick-up point, open from `opens` to `closes` but on `closed_days`. */
export interface PointRequest {
  name: string;
  names?: Record<string, string> | null;
  line: string;
  lines?: Record<string, string> | null;
  lat: number;
  lon: number;
  opens: number;
  closes: number;
  closed_days?: number[];
  currency: string;
  fee_minor?: number;
  free_from_minor?: number | null;
  minimum_minor?: number;
  is_on?: boolean;
}

/** Corners in their order; from the last an edge goes back to the first. */
export interface Polygon {
  kind: "polygon";
  points: Corner[];
}

/** Prices of a product, latest first. `next`: what to give as `after` for the following page. */
export interface PriceHistory {
  items: PastPrice[];
  next: string | null;
}

/** A coupon: what it takes off, and when it can be used; see CouponCard. `usable_from`, `usable_until`: a moment, or a day
    of the shop's, such as `2026-11-11`: from its beginning, and until its end. */
export interface Prize {
  title: string;
  titles?: Record<string, string> | null;
  kind?: "delivery" | "fixed" | "percent";
  amount_minor?: number;
  basis_points?: number;
  cap_minor?: number | null;
  currency?: string;
  min_spend_minor?: number;
  usable_from?: string | number | null;
  usable_until?: string | number | null;
}

/** A product of the catalogue. `titles`, `subtitles`, `unit_names`: title, subtitle and unit by language. */
export interface Product {
  id: string;
  farm: string;
  title: string;
  subtitle: string;
  image: string | null;
  price_minor: number;
  list_price_minor: number | null;
  currency: string;
  unit: string;
  titles?: Record<string, string>;
  subtitles?: Record<string, string>;
  unit_names?: Record<string, string>;
}

/** What to change; what is left out stays. `version`: as it was read; see the refusal 1011. null: none any more.

    Words by language that are left out stay as long as the plain ones do. `certificates`: all of them, as they shall be. */
export interface ProductEdit {
  version: number;
  title?: string;
  price_minor?: number;
  currency?: string;
  farm?: string;
  titles?: Record<string, string> | null;
  subtitle?: string;
  subtitles?: Record<string, string> | null;
  image?: string | null;
  images?: string[];
  list_price_minor?: number | null;
  unit?: string;
  unit_names?: Record<string, string> | null;
  sku?: string | null;
  gtin?: string | null;
  variant_of?: string | null;
  variant?: string;
  variant_names?: Record<string, string> | null;
  weighed?: WeighedRequest | null;
  components?: ProductQty[];
  gift?: ProductQty | null;
  certificates?: CertificateRequest[];
  is_on_sale?: boolean;
  flags_seen?: string[];
}

/** What staff see of a product beyond what buyers do. `unproven`: kinds of claims whose certificates do not hold today. */
export interface ProductForStaff {
  flags_seen: string[];
  claims: string[];
  unproven: string[];
  certificates: Certificate[];
  on_hand: number;
  held: number;
  sold: number;
  created_at: string;
  changed_at: string;
}

/** Products, oldest first unless the latest were asked for. `next`: what to give as `after` for the following page. */
export interface ProductList {
  products: ListedProduct[];
  next: string | null;
}

/** A product as buyers see it. Of `certificates` those that hold; `variants`: all of its kind, itself, too.

    `staff`: for those who run shows alone; they see what is off sale, too. */
export interface ProductPage {
  id: string;
  version: number;
  farm: string;
  title: string;
  subtitle: string;
  image: string | null;
  images: string[];
  price_minor: number;
  list_price_minor: number | null;
  currency: string;
  unit: string;
  sku: string | null;
  gtin: string | null;
  is_on_sale: boolean;
  variant_of: string | null;
  variant: string;
  weighed: Weighed | null;
  components: PartOfProduct[];
  gift: PartOfProduct | null;
  certificates: Certificate[];
  variants: Variant[];
  titles?: Record<string, string>;
  subtitles?: Record<string, string>;
  unit_names?: Record<string, string>;
  variant_names?: Record<string, string>;
  staff?: ProductForStaff;
}

/** So many units of a product. */
export interface ProductQty {
  product: string;
  qty: number;
}

/** Which products; all without it. `q`: words of which each occurs in its texts, id, SKU or GTIN. `state`: on or off sale,
    or `unproven`: with claims whose certificates do not hold. `newest`: the latest first. */
export interface ProductQuery {
  limit: number | null;
  after: string | null;
  q: string;
  state: "all" | "off" | "on" | "unproven";
  newest: boolean;
}

/** A new product. Without `farm` it is the shop's own. `images` or, of one alone, `image`.

    `variant_of`: another size or sort of that product, which `variant` names; each is a product of its own. `components`: it
    is a bundle. `gift`: it comes with each unit. A struck-through price (`list_price_minor`) needs a history of prices, which a
    new product has not. `flags_seen`: see the refusal 4002. */
export interface ProductRequest {
  title: string;
  price_minor: number;
  currency: string;
  farm?: string;
  titles?: Record<string, string> | null;
  subtitle?: string;
  subtitles?: Record<string, string> | null;
  image?: string | null;
  images?: string[] | null;
  list_price_minor?: number | null;
  unit?: string;
  unit_names?: Record<string, string> | null;
  sku?: string | null;
  gtin?: string | null;
  variant_of?: string | null;
  variant?: string;
  variant_names?: Record<string, string> | null;
  weighed?: WeighedRequest | null;
  components?: ProductQty[];
  gift?: ProductQty | null;
  certificates?: CertificateRequest[];
  is_on_sale?: boolean;
  flags_seen?: string[];
}

/** Product `default`: what holds for all products without a rule of their own. */
export interface ProductRule {
  product: string;
  rule: Rule;
  model: string | null;
  offer: Offer;
  version: number;
}

/** Units of a product. */
export interface ProductStock {
  product: string;
  on_hand: number;
  held: number;
  sold: number;
}

/** Proofs about the tree of `size`, whose checkpoint whoever asked has. */
export interface Proofs {
  size: number;
  entries: ProvenEntry[];
  since: Since[];
}

/** An entry, as it was written, and the proof that it is at `leaf`: hashes, base64, from the leaf's sibling up. */
export interface ProvenEntry {
  leaf: number;
  entry: string;
  hashes: string[];
}

/** The host's answer; empty when it was given aloud. `coupon`: what the asker gets for the question, once. */
export interface QuestionAnswer {
  answer?: string;
  coupon?: Prize | null;
}

/** Questions, oldest open ones first. */
export interface QuestionList {
  questions: QuestionRow[];
}

/** A question as staff see it. */
export interface QuestionRow {
  id: string;
  user: string;
  name: string;
  text: string;
  status: "answered" | "dismissed" | "open";
  answer: string;
  asked_at: string;
}

/** The room's quizzes, latest first. */
export interface QuizList {
  quizzes: QuizRow[];
}

/** How the quiz came out. */
export interface QuizOutcome {
  epoch: string;
  offset: number;
  result: QuizResult;
}

/** The quiz as shown. */
export interface QuizPlaced {
  epoch: string;
  offset: number;
  quiz: QuizCard;
}

/** A quiz. `choice` needs 2-8 `options` and `correct_choice`; `number` needs `correct_value`, and the nearest win. */
export interface QuizRequest {
  kind: "choice" | "number";
  question: string;
  options?: string[] | null;
  correct_choice?: number | null;
  correct_value?: number | null;
  unit?: string | null;
  min_value?: number | null;
  max_value?: number | null;
  step?: number | null;
  duration_s?: number;
  winners_max?: number;
  prize?: Prize | null;
}

/** A quiz as staff see it, with the right answer and the answers so far. */
export interface QuizRow {
  quiz: QuizCard;
  correct_choice: number | null;
  correct_value: number | null;
  winners_max: number;
  answers: number;
}

/** A line that is not ordered yet. `qty_max`: how many of it one order takes; null: it is of a sale, or a gift. */
export interface QuoteLine {
  product: string;
  sale: string | null;
  title: string;
  titles?: Record<string, string>;
  image: string | null;
  unit: string;
  unit_names?: Record<string, string>;
  variant: string;
  variant_names?: Record<string, string>;
  qty: number;
  unit_price_minor: number;
  amount_minor: number;
  discount_minor: number;
  paid_minor: number;
  unit_shares_minor: number[];
  is_weighed: boolean;
  is_gift: boolean;
  qty_max: number | null;
}

/** What it costs now. Nothing is set aside by it. `missing`: what is to be said before it can be ordered; `expires_at`: when
    what the tap holds is free again; `gifts_gone`: what does not come with it any more. */
export interface QuoteReply {
  currency: string;
  lines: QuoteLine[];
  goods_minor: number;
  discount_minor: number;
  delivery_minor: number;
  delivery_discount_minor: number;
  total_minor: number;
  coupon: string | null;
  delivery_coupon: string | null;
  coupons: CouponChoice[];
  delivery: PlacedDelivery | null;
  missing: "address" | "slot" | null;
  free_delivery_missing_minor: number | null;
  minimum_missing_minor: number;
  expires_at: string | null;
  gifts_gone: GoneGift[];
}

/** What is to be bought: what a tap holds, lines out of the cart, or both.

    `coupon`, `delivery_coupon`: which are used; null: none; not there: those that save most. `address`: one's own by its id, or
    the fields themselves. `slot`: a window of `GET /api/slots`. */
export interface QuoteRequest {
  hold?: string | null;
  lines?: WantedLine[];
  coupon?: string | null;
  delivery_coupon?: string | null;
  address?: string | OrderAddress | null;
  slot?: string | null;
}

/** It is on record; `findings`: what it showed at once that nobody knew. What takes longer (a correction) is in GET
    /api/cold-chain/findings a moment later. */
export interface Recorded {
  id: string;
  findings: string[];
}

/** One show, recorded. `ended_ts` None: it goes on, and `chapters` are those so far. `bytes`: on disk.

    `titles`: the room's by language, while the title is the room's. */
export interface Recording {
  id: string;
  room: string;
  title: string;
  started_ts: number;
  ended_ts: number | null;
  duration_ms: number;
  bytes: number;
  hls: string;
  poster: string | null;
  clips: Clip[];
  chapters: Chapter[];
  titles?: Record<string, string>;
}

/** Recordings of a room, newest first. `clips`: those whose recording is gone. */
export interface RecordingList {
  recordings: Recording[];
  clips: Clip[];
}

/** Money on its way back. `state`: `approval` waits for a second person, `processing` for the provider; `failed`: it was
    rejected (`is_rejected`), or the provider could not send it. `restock`: null while that is not decided, and of money alone.
    Who asked and decided is told to staff alone. */
export interface Refund {
  id: string;
  order: string;
  kind: "delivery" | "double" | "late" | "lines" | "weight";
  state: "approval" | "failed" | "paid" | "processing";
  amount_minor: number;
  currency: string;
  provider: string;
  reason: string;
  lines: RefundedLine[];
  delivery_minor: number;
  restock: boolean | null;
  is_rejected: boolean;
  created_at: string;
  paid_at: string | null;
  asked_by: string | null;
  approved_by: string | null;
  asked_by_name: string | null;
  approved_by_name: string | null;
}

/** Refunds, latest first. `next`: what to give as `after` for the following page. */
export interface RefundList {
  items: ListedRefund[];
  next: string | null;
}

/** `q`: an order's number. `since`, `until`: when they were begun, Unix ms. */
export interface RefundQuery {
  limit: number | null;
  after: string | null;
  state: "approval" | "failed" | "paid" | "processing" | null;
  q: string;
  since: number | null;
  until: number | null;
}

/** What to pay back. `restock`: whether the goods go back on the shelf; null: as long as nobody has packed them. `at_fault`:
    we are to blame, so the delivery fee goes back, too; else it does with the last unit of the order alone. */
export interface RefundRequest {
  lines: LineToRefund[];
  reason: string;
  restock?: boolean | null;
  at_fault?: boolean;
}

/** Units of a line, and what goes back for them, together and for each. Of a refund of weight the units stay. */
export interface RefundedLine {
  line: string;
  units: number[];
  amount_minor: number;
  unit_amounts_minor: number[];
}

/** All refunds of an order, in their order. `left_minor`: what can be refunded yet: `units`, and of the delivery fee
    `delivery_left_minor`, which goes back with the last of them, or when we are at fault. `alone_left_minor`: how much of that
    whoever asks may pay back alone; above it a second person is needed; null for who may not refund.
    `charged_back_minor`: what the buyer's bank has taken back; it does not go back again, so `left_minor` may be less than
    units and fee. */
export interface RefundsOfOrder {
  items: Refund[];
  currency: string;
  paid_minor: number;
  refunded_minor: number;
  left_minor: number;
  units: UnitLeft[];
  delivery_left_minor: number;
  alone_left_minor: number | null;
  charged_back_minor: number;
}

/** Why not. */
export interface RejectRequest {
  reason: string;
}

/** Lines shown from `from_ts` until before `to_ts` (Unix ms); without them, from the beginning, and for ten minutes. Ask for
    the same stretches as others do, and caches answer. */
export interface ReplayChatQuery {
  limit: number | null;
  after: string | null;
  from_ts: number | null;
  to_ts: number | null;
}

/** A person who is muted or banned, until when (null: for good). */
export interface Restriction {
  user: string;
  name: string;
  kind: "ban" | "mute";
  until: string | null;
}

/** Mute or ban `user` for `seconds`; 0 lifts it, nothing means for good.

    `reason` and `line`, the chat line it is for, are kept for staff; nobody else is told. */
export interface RestrictionRequest {
  user: string;
  seconds?: number | null;
  reason?: string | null;
  line?: string | null;
}

/** A new role, and why; their sessions end, so that it holds at once. */
export interface RoleChange {
  role: "admin" | "care" | "courier" | "farm" | "host" | "ops" | "picker" | "viewer";
  reason: string;
}

/** Every role that can be given. */
export interface RoleList {
  items: RoleRights[];
}

/** What a role may do, by the names of permissions, and how many accounts have it. */
export interface RoleRights {
  role: "admin" | "care" | "courier" | "farm" | "host" | "ops" | "picker" | "viewer";
  rights: string[];
  people: number;
}

/** A coupon of a room, as staff see it: `claimed` of `coupon.total` are somebody's, and paid orders used `used`.

    `shown`: can be had. `ended`: withdrawn, over, or all claimed. `given`: to the winners of a quiz, and never shown. */
export interface RoomCoupon {
  coupon: CouponCard;
  state: "ended" | "given" | "shown";
  claimed: number;
  used: number;
  created_ts: number;
}

/** Latest first. */
export interface RoomCoupons {
  items: RoomCoupon[];
  next: string | null;
}

/** Which; all without it. `q`: what the title has in it. */
export interface RoomCouponsQuery {
  limit: number | null;
  after: string | null;
  q: string;
  state: "ended" | "given" | "shown" | null;
}

/** What to change; what is left out stays. `poster` empty: none any more. `starts_at` null: nobody knows when the show
    begins.

    `titles` and `notices` null or empty: none any more. Left out, they stay as long as `title` and `notice` do. */
export interface RoomEdit {
  title?: string | null;
  host?: HostRequest | null;
  poster?: string | null;
  notice?: string | null;
  starts_at?: string | null;
  titles?: Record<string, string> | null;
  notices?: Record<string, string> | null;
}

/** Somebody who is something in a room. `by`: the id of whoever named or invited them. */
export interface RoomHost {
  person: string;
  name: string;
  kind: "cohost" | "expert" | "host";
  by: string;
  since: string;
}

/** The host, then co-hosts, then experts. */
export interface RoomHostList {
  items: RoomHost[];
  next: string | null;
}

/** Rooms, live ones first. `time_zone`: the shop's (IANA), in which its pages show times to staff and ask for them. */
export interface RoomList {
  rooms: RoomSummary[];
  time_zone: string;
}

/** A room with its place in the control log, as in the answer to `join`. `you`: what the caller is in it. */
export interface RoomPage {
  room: Snapshot;
  epoch: string;
  offset: number;
  you: "cohost" | "expert" | "host" | null;
}

/** Which rooms; all without it. `mine`: where the caller is host, co-host or expert; all, for whoever runs every room. */
export interface RoomQuery {
  mine: boolean;
}

/** A new room. Without `id` one is made. Without `host` it is of the host who calls, or, if ops do, of the shop
    (LIVEHUB_SHOP_NAME). */
export interface RoomRequest {
  id?: string | null;
  title: string;
  host?: HostRequest | null;
  poster?: string | null;
  starts_at?: string | null;
  titles?: Record<string, string> | null;
}

/** A room in a list. `on_air`: a camera's picture is shown, of which there is a still (`/live/{room}/still.jpg`). `you`:
    what the caller is in it, among their own rooms alone. */
export interface RoomSummary {
  id: string;
  title: string;
  host: Host;
  poster: string | null;
  show: Show;
  pin: Card | null;
  viewers: number;
  likes: number;
  on_air: boolean;
  you: "cohost" | "expert" | "host" | null;
  titles?: Record<string, string>;
}

/** What a product bears. Limits are broken strictly above and below them. `minutes`: out of them for longer than that at a
    stretch is a breach; `grace_minutes`: for longer than that (an opened door) a warning. `cumulative_minutes`: out for longer
    than that in the last `window_minutes`, in all, is a breach. An excursion is over when the temperature is back within the
    limit by `hysteresis_c`. More than `rise_c` within `rise_minutes` is a warning. Above `handover_c` a hand-over is a breach. */
export interface Rule {
  high_c: number | null;
  low_c: number | null;
  minutes: number;
  grace_minutes: number;
  cumulative_minutes: number | null;
  window_minutes: number;
  hysteresis_c: number;
  rise_c: number | null;
  rise_minutes: number;
  silence_minutes: number;
  handover_c: number | null;
}

/** What a product bears, how long it lasts, and what buyers are offered after a breach. `version`: as it was read; none for
    a new one. */
export interface RuleRequest {
  rule: Rule;
  model?: string | null;
  offer?: Offer;
  version?: number | null;
}

/** By product. */
export interface Rules {
  items: ProductRule[];
}

/** A sale, and how it stands. `left`: the smaller of what is free of its own units, and of the product's
    stock, or what is enough for of the components of a bundle. */
export interface Sale {
  id: string;
  room: string;
  product: string;
  title: string;
  price_minor: number;
  currency: string;
  units: number;
  per_person_max: number;
  opens_ts: number | null;
  closes_ts: number | null;
  opens_at: string | null;
  closes_at: string | null;
  coupons: boolean;
  batch: string | null;
  state: "closed" | "open" | "scheduled";
  held: number;
  sold: number;
  left: number;
  version: number;
}

/** What to change of a sale that is not over; what is left out stays. `version`: as it was read; see the refusal 1011.
    `units`: all of it, never below what is held and sold. `closes_at`: null: closed by hand. */
export interface SaleEdit {
  version: number;
  units?: number;
  per_person_max?: number;
  closes_at?: string | number | null;
}

/** What the stock engine was asked of a sale since it leads. `refused`: by the name of the refusal; `taps_per_s`: lately,
    from two looks at these figures; `waiting`: how many stand in line. */
export interface SaleFigures {
  sale: Sale;
  taps_per_s: number;
  asked: number;
  answered_held: number;
  refused: Record<string, number>;
  waiting: number;
}

/** Sales of a room, latest first. `next`: what to give as `after` for the following page. */
export interface SaleList {
  items: Sale[];
  next: string | null;
}

/** The sale, and where the room was told of it. */
export interface SalePlaced {
  epoch: string;
  offset: number;
  sale: Sale;
}

/** A new sale of a product. Without `opens_at` it is opened by hand, without `closes_at` closed by hand.

    `coupons`: whether coupons count for it. `batch`: of which batch of food it is. */
export interface SaleRequest {
  product: string;
  price_minor: number;
  units: number;
  per_person_max: number;
  opens_at?: string | number | null;
  closes_at?: string | number | null;
  coupons?: boolean;
  batch?: string | null;
}

/** Which; all without it. `q`: what the product's title or id has in it. */
export interface SalesQuery {
  limit: number | null;
  after: string | null;
  q: string;
  state: "closed" | "open" | "scheduled" | null;
}

/** A payment as the sandbox has it. */
export interface SandboxPayment {
  payment: string;
  state: "closed" | "failed" | "open" | "paid";
  amount_minor: number;
  currency: string;
  closes_ts: number;
  return_url: string;
}

/** How somebody presses a button. `key`: of the page, for a buyer who is not signed in on this device. */
export interface SandboxPress {
  delay_ms?: number;
  notify?: "none" | "once" | "twice";
  key?: string;
}

/** `key`: of the page. */
export interface SandboxQuery {
  key: string;
}

/** A code that somebody scanned. */
export interface ScanRequest {
  code: string;
}

/** What was scanned: a batch, and a box where the code has a serial. `path`: of its page. `says`: what else stands in the
    code, by application identifier. */
export interface Scanned {
  batch: string | null;
  gtin: string | null;
  lot: string | null;
  serial: string | null;
  path: string;
  says: Record<string, string>;
}

/** One sensor's curve in one shipment: lines with gaps between them, each low and high of what was measured in them.
    `mean_kinetic_c` is a summary figure of pharmacists and no shelf life. `is_corrected`: some were corrected afterwards. */
export interface SensorCurve {
  shipment: string;
  device: string;
  began_at: string;
  ended_at: string | null;
  lines: Line[];
  faults: Fault[];
  readings: number;
  lowest_c: number | null;
  highest_c: number | null;
  mean_kinetic_c: number | null;
  is_overdue: boolean;
  is_corrected: boolean;
}

/** A token for the socket and for `Authorization: Bearer`, and when it ends (`expires_ts`: Unix ms). `refresh`: with which a
    program gets the next one; a page has a cookie for that, and null here. `user`: the same as `person`. */
export interface Session {
  token: string;
  refresh: string | null;
  expires_ts: number;
  expires_at: string;
  person: Person;
  user: Person;
}

/** Nothing but the app: whoever its cookie stands for, or a guest. `refresh`: the session of a program without cookies.
    `name`: a viewer by name alone, `token`: staff by a link, both where this installation allows that. */
export interface SessionRequest {
  app?: "field" | "ops" | "studio" | "viewer";
  name?: string | null;
  refresh?: string | null;
  token?: string | null;
}

/** What is left of a batch's life, by the worst of its curves; `days_min` is what to go by. `is_assumed`: some figure of the
    model is an assumption, and the page has to say so. */
export interface ShelfLife {
  model: LifeModel;
  life: Life;
  is_assumed: boolean;
}

/** A shipment. `leaf`: of the log, once it has one. */
export interface Shipment {
  id: string;
  batches: BatchOf[];
  devices: string[];
  origin: string;
  destination: string;
  began_at: string;
  ends_at: string | null;
  ended_at: string | null;
  handovers: Handover[];
  breaches: number;
  leaf: number | null;
}

/** When it ended; now, if nobody says. `celsius`: of the goods as they were handed over. */
export interface ShipmentEnd {
  at?: string | number | null;
  celsius?: number | null;
  place?: string;
}

/** A shipment that is under way. */
export interface ShipmentMade {
  id: string;
}

/** Batches, the sensors beside them, and the way: `from` and `to` are moments (it begins then, is planned to end then), or
    the names of places; what is no moment is a place. A batch may come with its product. */
export interface ShipmentRequest {
  batches: (string | BatchOf)[];
  devices: string[];
  from: string | number;
  to?: string | number | null;
}

/** A page. `next`: what `after` has to be for the next one. */
export interface Shipments {
  items: Shipment[];
  next: string | null;
}

/** A page of shipments, the latest first. */
export interface ShipmentsQuery {
  limit: number | null;
  after: string | null;
  is_open: boolean | null;
  batch: string | null;
}

/** A line of chat, and when it was shown (Unix ms). */
export interface ShownLine {
  at_ts: number;
  line: ChatLine;
}

/** Lines in the order in which they were shown; `next`: for the page after this one, None at the end. */
export interface ShownLines {
  items: ShownLine[];
  next: string | null;
}

/** The code of an invitation, out of the fragment of its link. */
export interface SignInInvitation {
  code: string;
  app?: "field" | "ops" | "studio" | "viewer";
}

/** How one can sign in here. `phone_countries`: the first is that of numbers without a country; `mailbox`: the page where a
    demo shows the codes, null where they are sent; `wechat`: inside WeChat's browser; `passkey`: one that was added to an
    account before; `staff_by_phone`: whether a code is enough for staff, too. */
export interface SignInWays {
  phone: boolean;
  staff_by_phone: boolean;
  phone_countries: PhoneCountry[];
  mailbox: string | null;
  oidc: boolean;
  passkey: boolean;
  wechat: boolean;
  name: boolean;
  link: boolean;
}

/** Of which app. */
export interface SignOutRequest {
  app?: "field" | "ops" | "studio" | "viewer";
}

/** The proof that the tree goes on from that of `size`, as RFC 9162, 2.1.4.1, has it. */
export interface Since {
  size: number;
  hashes: string[];
}

/** A window that takes orders until `orders_until`, with place for `left` more. */
export interface Slot {
  id: string;
  method: "door" | "pickup";
  from: string;
  until: string;
  orders_until: string;
  left: number;
  point: SlotPoint | null;
  currency: string;
  fee_minor: number;
  free_from_minor: number | null;
  minimum_minor: number;
}

/** What delivery to the door costs there. */
export interface SlotArea {
  name: string;
  names?: Record<string, string>;
  currency: string;
  fee_minor: number;
  free_from_minor: number | null;
  minimum_minor: number;
}

/** Where an order is fetched. `distance_m`: from the place that was asked for, as the crow flies. */
export interface SlotPoint {
  id: string;
  name: string;
  names?: Record<string, string>;
  line: string;
  lines?: Record<string, string>;
  lat: number;
  lon: number;
  opens: number;
  closes: number;
  closed_days: number[];
  distance_m: number | null;
}

/** Windows, the earliest first. `needed`: whether an order has to name one; `area`: of the place; `reason`: why nothing
    comes to the door there. `time_zone`: the shop's, in which the windows are meant; `now`: the server's time. */
export interface Slots {
  items: Slot[];
  needed: boolean;
  area: SlotArea | null;
  reason: "no_address" | "no_position" | "outside" | null;
  time_zone: string;
  now: string;
  next: string | null;
}

/** Where an order would go; without a place only pick-up points are told. */
export interface SlotsQuery {
  lat: number | null;
  lon: number | null;
  region: string;
}

/** A person may chat once in so many seconds; 0 switches slow mode off. */
export interface SlowModeRequest {
  seconds: number;
}

/** Why, for the audit log. */
export interface StaffReason {
  reason: string;
}

/** Which of their sessions ends, and why. `session` null: all of them. */
export interface StaffSignOut {
  session?: string | null;
  reason: string;
}

/** Where the show goes: scheduled > live <> paused > ended; an ended room can be scheduled or go live again. */
export interface StateRequest {
  status: "ended" | "live" | "paused" | "scheduled";
}

/** Units that came, or are gone when negative, and why. */
export interface StockChange {
  delta: number;
  reason: string;
}

/** A change of a product's stock by hand. `by_name`: empty where there is none. */
export interface StockChangeRow {
  id: string;
  at: string;
  delta: number;
  reason: string;
  by: string;
  by_name: string;
}

/** The latest first. `next`: what to give as `after` for the following page. */
export interface StockChanges {
  items: StockChangeRow[];
  next: string | null;
}

/** Which orders; all without it. `number`: of an order, as its label has it. */
export interface ToWeighQuery {
  limit: number | null;
  after: string | null;
  number: string | null;
}

/** A unit that can be refunded, and what goes back for it. The first unit is 0. */
export interface UnitLeft {
  line: string;
  unit: number;
  amount_minor: number;
}

/** What was paid for a unit; what it weighed, null before that, and what goes back for it. */
export interface UnitToWeigh {
  unit: number;
  paid_minor: number;
  grams: number | null;
  amount_minor: number;
}

/** A picture that was taken. `sha256`: of the file as it came; `width`, `height`: of the large size, turned upright. */
export interface Upload {
  id: string;
  sha256: string;
  width: number;
  height: number;
  urls: UploadUrls;
}

/** Where its sizes are, as WebP: paths of ours. */
export interface UploadUrls {
  large: string;
  small: string;
}

/** Another size or sort of the same product. */
export interface Variant {
  product: string;
  variant: string;
  price_minor: number;
  currency: string;
  is_on_sale: boolean;
  variant_names?: Record<string, string>;
}

/** So many units of a product. */
export interface WantedLine {
  product: string;
  qty: number;
}

/** The code of `wx.login`. */
export interface WechatCode {
  code: string;
  app?: "field" | "ops" | "studio" | "viewer";
}

/** The price of a unit is that of `grams`, the most that is charged; `per_kg_minor`: what 1,000 g cost. */
export interface Weighed {
  grams: number;
  per_kg_minor: number;
}

/** Sold by weight: the price is that of `grams`, and no higher than `per_kg_minor` says. */
export interface WeighedRequest {
  grams: number;
  per_kg_minor: number;
}

/** What a unit of a line weighs. The first unit is 0. */
export interface WeighedUnit {
  line: string;
  unit: number;
  grams: number;
}

/** Units that were weighed. */
export interface WeightsRequest {
  units: WeighedUnit[];
}

/** What goes back because units weigh less than was charged. `refund`: null when nothing does. */
export interface WeightsSettled {
  amount_minor: number;
  refund: Refund | null;
}

/** All of one person. */
export interface WholeIdentities {
  items: WholeIdentity[];
}

/** How somebody is known, without a mask. `subject`: of a phone E.164; of others what the provider calls them. */
export interface WholeIdentity {
  id: string;
  kind: "oidc" | "passkey" | "phone" | "wechat";
  subject: string;
}

/** In words, for the person. */
export interface Why {
  zh: string;
  en: string;
}

/** What is not there stays as it is. `version`: the one that was read. */
export interface WindowChange {
  version: number;
  capacity?: number;
  orders_until?: string | number;
  is_closed?: boolean;
}

/** A window of one area or one point, for `capacity` orders. Without `orders_until` they end when it begins. */
export interface WindowRequest {
  area?: string | null;
  point?: string | null;
  from: string | number;
  until: string | number;
  orders_until?: string | number | null;
  capacity: number;
}

/** Windows that begin in [from, until), of one area or point, or of all. */
export interface WindowsQuery {
  limit: number | null;
  after: string | null;
  from: string;
  until: string;
  area: string;
  point: string;
}

/** A witness that is asked. `cosigned_at`: when it cosigned the newest checkpoint, as that says; none: it did not. */
export interface WitnessHealth {
  name: string;
  cosigned_at: string | null;
}

/** `block`: a text with such a word is refused. `hold`: a moderator looks at it first. For all rooms, at once. */
export interface WordLists {
  block: string[];
  hold: string[];
}

/** The words of a product or a card, to look at before they are shown. */
export interface WordsRequest {
  title?: string;
  titles?: Record<string, string>;
  subtitle?: string;
  subtitles?: Record<string, string>;
  unit?: string;
  unit_names?: Record<string, string>;
  variant?: string;
  variant_names?: Record<string, string>;
}
