// Generated from the list of HTTP endpoints by `python -m livehub spec`. Do not edit.

import type { AddElsewhere, Address, AddressChange, AddressRequest, Addresses, AnchorProof, AnchoredCheckpoints, AppealRequest, AreaChange, AreaRequest, AuditEntries, BatchLabel, BatchLineage, BatchList, BatchMade, BatchProducts, BatchRequest, BatchShown, BatchStep, BatchStepRequest, BillList, BlockMade, BlockRequest, BlockedList, BookDays, Books, Box, BoxList, BoxRequest, BoxSheet, BoxSheetRequest, BreachOrders, CalibrationRequest, CameraList, CameraMade, CameraRequest, CancelRequest, CardPlaced, CardRequest, Cart, CartRequest, Case, CaseList, CaseRequest, ChallengeSent, Clip, ClipList, ClipRequest, Consent, ConsentRequest, Consents, CorrectionRequest, CouponList, CouponPlaced, CouponRequest, Curves, Cut, CutRequest, DecisionRequest, DeliveryArea, DeliveryAreas, DeliveryPattern, DeliveryPatterns, DeliveryWindow, DeliveryWindows, Device, DeviceChange, DeviceMade, DeviceRequest, Devices, EraseRequest, Erasure, Export, Exports, Fapiao, FapiaoIssued, FapiaoList, FapiaoRejected, FapiaoRequest, FapiaoReversed, Figures, FindingList, FindingResolved, FindingShown, FoundList, FoundWords, GoTo, HandoverRequest, HeldOutcomes, HeldVerdict, HighlightList, HoldList, HostRequestOf, InvitationCode, InvitationList, InvitationMade, InvitationRequest, Invited, Journey, Latest, ListedBoxes, ListedOrders, ListedSheets, LogHealth, LogState, MakingDone, MakingRequest, Me, MeChange, Models, ModerationPage, MoveRequest, MyIdentity, MySessions, Order, OrderFigures, OrderList, OrderRequest, OrderSums, OrdersToWeigh, OwnCases, OwnQuestions, PasskeyAnswer, PasskeyOptions, PasskeyRequest, PasskeySignIn, PastEvents, PatternChange, PatternRequest, Payment, PaymentProviders, PaymentRequest, PeopleList, Person, PersonDetail, PhoneAdded, PhoneCode, PhoneRequest, PickupPoint, PickupPoints, Placed, PointChange, PointRequest, PriceHistory, ProductEdit, ProductList, ProductPage, ProductRequest, ProductRule, ProductStock, QuestionAnswer, QuestionList, QuizList, QuizOutcome, QuizPlaced, QuizRequest, QuoteReply, QuoteRequest, Recorded, RecordingList, Refund, RefundList, RefundRequest, RefundsOfOrder, RejectRequest, RestrictionRequest, RoleChange, RoleList, RoomCoupons, RoomEdit, RoomHostList, RoomList, RoomPage, RoomRequest, RuleRequest, Rules, Sale, SaleEdit, SaleFigures, SaleList, SalePlaced, SaleRequest, SandboxPayment, SandboxPress, ScanRequest, Scanned, Session, SessionRequest, Shipment, ShipmentEnd, ShipmentMade, ShipmentRequest, Shipments, ShownLines, SignInInvitation, SignInWays, SignOutRequest, Slots, SlowModeRequest, StaffReason, StaffSignOut, StateRequest, StockChange, StockChanges, Upload, WechatCode, WeightsRequest, WeightsSettled, WholeIdentities, WindowChange, WindowRequest, WordLists, WordsRequest } from "./api-types";

export interface Endpoints {
  /** What staff did, latest first; with an `Accept` of CSV or a spreadsheet all of it as a file. */
  "GET /api/audit": {
    path: null;
    query: { limit?: number | null; after?: string | null; who?: string | null; subject?: string | null; type?: string | null; looks?: boolean; from?: string | null; to?: string | null };
    body: null;
    reply: AuditEntries;
  };
  /** Split a batch, merge several, or repack them: new batches, which keep where they came from. */
  "POST /api/batch-makings": {
    path: null;
    query: null;
    body: MakingRequest;
    reply: MakingDone;
  };
  /** What a batch can be of: products, by their ids. */
  "GET /api/batch-products": {
    path: null;
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: BatchProducts;
  };
  /** Batches, the latest first. */
  "GET /api/batches": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string; product?: string | null };
    body: null;
    reply: BatchList;
  };
  /** Make a batch. It answers when a published checkpoint of the log has it, or a moment later without its leaf. */
  "POST /api/batches": {
    path: null;
    query: null;
    body: BatchRequest;
    reply: BatchMade;
  };
  /** A batch, its certificates and its steps. */
  "GET /api/batches/{batch}": {
    path: { batch: string };
    query: null;
    body: null;
    reply: BatchShown;
  };
  /** The boxes of a batch, by their serials, and which of them are packed. */
  "GET /api/batches/{batch}/boxes": {
    path: { batch: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: ListedBoxes;
  };
  /** What a batch went through, shipment by shipment: public. */
  "GET /api/batches/{batch}/curves": {
    path: { batch: string };
    query: { points?: number | null };
    body: null;
    reply: Curves;
  };
  /** The story of a batch, for everybody: each step with its place in the log. */
  "GET /api/batches/{batch}/journey": {
    path: { batch: string };
    query: { serial?: string | null };
    body: null;
    reply: Journey;
  };
  /** The label of a batch, and where it is to be printed from. */
  "GET /api/batches/{batch}/label": {
    path: { batch: string };
    query: null;
    body: null;
    reply: BatchLabel;
  };
  /** Where a batch is now, for everybody: its last step, and how warm it is on its way. */
  "GET /api/batches/{batch}/latest": {
    path: { batch: string };
    query: null;
    body: null;
    reply: Latest;
  };
  /** What a batch came of, and what became of it, however far. */
  "GET /api/batches/{batch}/lineage": {
    path: { batch: string };
    query: null;
    body: null;
    reply: BatchLineage;
  };
  /** The sheets of a batch, the latest first. */
  "GET /api/batches/{batch}/sheets": {
    path: { batch: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: ListedSheets;
  };
  /** Make boxes of a batch: each has a serial, by chance, so that nobody can guess those of others. */
  "POST /api/batches/{batch}/sheets": {
    path: { batch: string };
    query: null;
    body: BoxSheetRequest;
    reply: BoxSheet;
  };
  /** Serials that were made together. */
  "GET /api/batches/{batch}/sheets/{sheet}": {
    path: { batch: string; sheet: string };
    query: null;
    body: null;
    reply: BoxSheet;
  };
  /** Record something that was done with a batch. The same key is the same step, for ever. */
  "POST /api/batches/{batch}/steps": {
    path: { batch: string };
    query: null;
    body: BatchStepRequest;
    reply: BatchStep;
  };
  /** Bills of days, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file, a row for each */
  "GET /api/bills": {
    path: null;
    query: { limit?: number | null; after?: string | null; provider?: string; state?: "differs" | "fetched" | "missing" | null };
    body: null;
    reply: BillList;
  };
  /** Who is blocked, latest first; with an `Accept` of CSV or a spreadsheet all of them as a file. */
  "GET /api/blocked": {
    path: null;
    query: { limit?: number | null; after?: string | null; person?: string | null; search?: string };
    body: null;
    reply: BlockedList;
  };
  /** Block somebody: they cannot sign in again, and where they are signed in they are so no more. */
  "POST /api/blocked": {
    path: null;
    query: null;
    body: BlockRequest;
    reply: BlockMade;
  };
  /** Lift a block: they may sign in again. Whoever may not make it does not lift it either. */
  "DELETE /api/blocked/{block}": {
    path: { block: string };
    query: { reason?: string };
    body: null;
    reply: undefined;
  };
  /** What is on each account of the ledger, and what the looks at the books of the latest days have found. */
  "GET /api/books": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string };
    body: null;
    reply: Books;
  };
  /** Looks at the books of days, the latest first; as CSV or XLSX, a row for each difference, if asked for. */
  "GET /api/books/days": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string };
    body: null;
    reply: BookDays;
  };
  /** Pack a box for an order line. For the same line once more it changes nothing. */
  "POST /api/boxes": {
    path: null;
    query: null;
    body: BoxRequest;
    reply: Box;
  };
  /** The orders that a breach of the cold chain flagged, by their ids. */
  "GET /api/breaches/{breach}/orders": {
    path: { breach: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: BreachOrders;
  };
  /** Cases, latest first, or those to be decided by when they are due; as CSV or XLSX if the client asks for that. */
  "GET /api/cases": {
    path: null;
    query: { limit?: number | null; after?: string | null; state?: "closed" | "decided" | "open" | "withdrawn" | null; q?: string; order?: string | null; overdue?: boolean; queue?: boolean };
    body: null;
    reply: CaseList;
  };
  /** A case of one's own, or any for the staff. */
  "GET /api/cases/{case}": {
    path: { case: string };
    query: null;
    body: null;
    reply: Case;
  };
  /** Ask for another look after a rejection, once. */
  "POST /api/cases/{case}/appeal": {
    path: { case: string };
    query: null;
    body: AppealRequest;
    reply: Case;
  };
  /** Nothing more is to come of a decided case, as of a replacement that has arrived. */
  "POST /api/cases/{case}/close": {
    path: { case: string };
    query: null;
    body: null;
    reply: Case;
  };
  /** Decide a case: money, another one, a gift, or nothing. */
  "POST /api/cases/{case}/decision": {
    path: { case: string };
    query: null;
    body: DecisionRequest;
    reply: Case;
  };
  /** Say that one looks after it: the buyer sees that somebody does. */
  "POST /api/cases/{case}/see": {
    path: { case: string };
    query: null;
    body: null;
    reply: Case;
  };
  /** Take back a case of one's own that nobody has decided. */
  "POST /api/cases/{case}/withdraw": {
    path: { case: string };
    query: null;
    body: null;
    reply: Case;
  };
  /** Say which words want a certificate, and which advertising may not use. */
  "POST /api/claims": {
    path: null;
    query: null;
    body: WordsRequest;
    reply: FoundWords;
  };
  /** Take a clip away. */
  "DELETE /api/clips/{clip}": {
    path: { clip: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** A clip, and how far its making is. */
  "GET /api/clips/{clip}": {
    path: { clip: string };
    query: null;
    body: null;
    reply: Clip;
  };
  /** What broke a rule or came near, the latest first. */
  "GET /api/cold-chain/findings": {
    path: null;
    query: { limit?: number | null; after?: string | null; level?: "breach" | "warning" | null; shipment?: string | null; batch?: string | null };
    body: null;
    reply: FoundList;
  };
  /** Models of shelf life: every figure with its source, and whether it is published, measured or assumed. */
  "GET /api/cold-chain/models": {
    path: null;
    query: null;
    body: null;
    reply: Models;
  };
  /** What products bear. */
  "GET /api/cold-chain/rules": {
    path: null;
    query: null;
    body: null;
    reply: Rules;
  };
  /** Say what a product bears. It holds for what is measured from now on, also in shipments under way; what was measured */
  "POST /api/cold-chain/rules/{product}": {
    path: { product: string };
    query: null;
    body: RuleRequest;
    reply: ProductRule;
  };
  /** The delivery areas, in their order; as CSV or XLSX if the client asks for that. */
  "GET /api/delivery/areas": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string };
    body: null;
    reply: DeliveryAreas;
  };
  /** Add a delivery area. */
  "POST /api/delivery/areas": {
    path: null;
    query: null;
    body: AreaRequest;
    reply: DeliveryArea;
  };
  /** Change a delivery area, or switch it off. */
  "PATCH /api/delivery/areas/{area}": {
    path: { area: string };
    query: null;
    body: AreaChange;
    reply: DeliveryArea;
  };
  /** The weekly patterns; as CSV or XLSX if the client asks for that. */
  "GET /api/delivery/patterns": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string };
    body: null;
    reply: DeliveryPatterns;
  };
  /** Add a weekly pattern, and make its windows. */
  "POST /api/delivery/patterns": {
    path: null;
    query: null;
    body: PatternRequest;
    reply: DeliveryPattern;
  };
  /** Change a weekly pattern, and make its windows; those that there are stay as they are. */
  "PATCH /api/delivery/patterns/{pattern}": {
    path: { pattern: string };
    query: null;
    body: PatternChange;
    reply: DeliveryPattern;
  };
  /** The pick-up points, by name; as CSV or XLSX if the client asks for that. */
  "GET /api/delivery/points": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string };
    body: null;
    reply: PickupPoints;
  };
  /** Add a pick-up point. */
  "POST /api/delivery/points": {
    path: null;
    query: null;
    body: PointRequest;
    reply: PickupPoint;
  };
  /** Change a pick-up point, or switch it off. */
  "PATCH /api/delivery/points/{point}": {
    path: { point: string };
    query: null;
    body: PointChange;
    reply: PickupPoint;
  };
  /** Windows, the earliest first, and how they stand; with an `Accept` of CSV or a spreadsheet all of them as a file. */
  "GET /api/delivery/windows": {
    path: null;
    query: { limit?: number | null; after?: string | null; from?: string; until?: string; area?: string; point?: string };
    body: null;
    reply: DeliveryWindows;
  };
  /** Add a window. */
  "POST /api/delivery/windows": {
    path: null;
    query: null;
    body: WindowRequest;
    reply: DeliveryWindow;
  };
  /** Change how many orders a window takes and until when, close it, or open it again. */
  "PATCH /api/delivery/windows/{window}": {
    path: { window: string };
    query: null;
    body: WindowChange;
    reply: DeliveryWindow;
  };
  /** The sensors, the newest first. */
  "GET /api/devices": {
    path: null;
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: Devices;
  };
  /** Enter a sensor. Its key is told once. */
  "POST /api/devices": {
    path: null;
    query: null;
    body: DeviceRequest;
    reply: DeviceMade;
  };
  /** Switch a sensor off, or on again: lost ones, or those whose key somebody may know. */
  "PATCH /api/devices/{device}": {
    path: { device: string };
    query: null;
    body: DeviceChange;
    reply: Device;
  };
  /** Put a calibration of a sensor on record. */
  "POST /api/devices/{device}/calibrations": {
    path: { device: string };
    query: null;
    body: CalibrationRequest;
    reply: Recorded;
  };
  /** Correct what a sensor said. Its readings stay on record as they were, and so does what was told of them. What it was */
  "POST /api/devices/{device}/corrections": {
    path: { device: string };
    query: null;
    body: CorrectionRequest;
    reply: Recorded;
  };
  /** Invoices that were asked for, latest first; as CSV or XLSX if the client asks for that. */
  "GET /api/fapiao": {
    path: null;
    query: { limit?: number | null; after?: string | null; state?: "issued" | "rejected" | "requested" | null; q?: string; to_reverse?: boolean };
    body: null;
    reply: FapiaoList;
  };
  /** Say that it was issued, and its number: for what is not refunded by now. */
  "POST /api/fapiao/{fapiao}/issued": {
    path: { fapiao: string };
    query: null;
    body: FapiaoIssued;
    reply: Fapiao;
  };
  /** Say why there is none; the buyer may ask again. */
  "POST /api/fapiao/{fapiao}/reject": {
    path: { fapiao: string };
    query: null;
    body: FapiaoRejected;
    reply: Fapiao;
  };
  /** Say that a red-letter invoice was issued for what was refunded after the invoice, and its number. */
  "POST /api/fapiao/{fapiao}/reversed": {
    path: { fapiao: string };
    query: null;
    body: FapiaoReversed;
    reply: Fapiao;
  };
  /** Accept an invitation. Whoever is more than that in the room already stays so, and leaves it to others. */
  "POST /api/invitations/accept": {
    path: null;
    query: null;
    body: InvitationCode;
    reply: Invited;
  };
  /** What an invitation is to, for whoever has its code: one wants to know that before one signs in. */
  "POST /api/invitations/look": {
    path: null;
    query: null;
    body: InvitationCode;
    reply: Invited;
  };
  /** How the log stands: what anybody needs to verify it, and how much waits for the next checkpoint. */
  "GET /api/log": {
    path: null;
    query: null;
    body: null;
    reply: LogState;
  };
  /** Checkpoints of the log at anchors, the newest first, and how the anchors are. */
  "GET /api/log/anchors": {
    path: null;
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: AnchoredCheckpoints;
  };
  /** One of them, with what it takes to check it. */
  "GET /api/log/anchors/{anchoring}": {
    path: { anchoring: string };
    query: null;
    body: null;
    reply: AnchorProof;
  };
  /** How the log, its witnesses and its anchors are: what is not as it should be has to be looked at by somebody. */
  "GET /api/log/health": {
    path: null;
    query: null;
    body: null;
    reply: LogHealth;
  };
  /** Who one is, and how one is known. */
  "GET /api/me": {
    path: null;
    query: null;
    body: null;
    reply: Me;
  };
  /** Change one's name or language; the name is in the next token. */
  "PATCH /api/me": {
    path: null;
    query: null;
    body: MeChange;
    reply: Me;
  };
  /** One's own addresses. */
  "GET /api/me/addresses": {
    path: null;
    query: null;
    body: null;
    reply: Addresses;
  };
  /** Keep another address. */
  "POST /api/me/addresses": {
    path: null;
    query: null;
    body: AddressRequest;
    reply: Address;
  };
  /** Forget an address; if it was the default the latest one is. */
  "DELETE /api/me/addresses/{address}": {
    path: { address: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Change an address. */
  "PATCH /api/me/addresses/{address}": {
    path: { address: string };
    query: null;
    body: AddressChange;
    reply: Address;
  };
  /** One's own cart. */
  "GET /api/me/cart": {
    path: null;
    query: null;
    body: null;
    reply: Cart;
  };
  /** All that is to be in one's own cart; a product that is not known is refused, and nothing changes. */
  "PUT /api/me/cart": {
    path: null;
    query: null;
    body: CartRequest;
    reply: Cart;
  };
  /** One's own cases, latest first. */
  "GET /api/me/cases": {
    path: null;
    query: { limit?: number | null; after?: string | null; order?: string | null };
    body: null;
    reply: OwnCases;
  };
  /** What one agreed to, purpose by purpose. */
  "GET /api/me/consents": {
    path: null;
    query: null;
    body: null;
    reply: Consents;
  };
  /** Agree to a purpose, or no longer. What holds already is not written again. */
  "PUT /api/me/consents/{purpose}": {
    path: { purpose: string };
    query: null;
    body: ConsentRequest;
    reply: Consent;
  };
  /** The caller's coupons. */
  "GET /api/me/coupons": {
    path: null;
    query: null;
    body: null;
    reply: CouponList;
  };
  /** Be forgotten. Asking twice is asking once. */
  "POST /api/me/erase": {
    path: null;
    query: null;
    body: EraseRequest;
    reply: Erasure;
  };
  /** Not be forgotten after all, while it has not begun. */
  "DELETE /api/me/erasure": {
    path: null;
    query: null;
    body: null;
    reply: undefined;
  };
  /** What being forgotten would delete, make anonymous and keep, and why; or how far it is. */
  "GET /api/me/erasure": {
    path: null;
    query: null;
    body: null;
    reply: Erasure;
  };
  /** Ask for one's own data as a file, which is made within the hour. Asking again soon is asking once. */
  "POST /api/me/export": {
    path: null;
    query: null;
    body: null;
    reply: Export;
  };
  /** One's own exports, those that can be fetched and those being made. */
  "GET /api/me/exports": {
    path: null;
    query: null;
    body: null;
    reply: Exports;
  };
  /** The file itself, a ZIP. */
  "GET /api/me/exports/{export}": {
    path: { export: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** One's own invoices, those that were not issued, too, latest first. */
  "GET /api/me/fapiao": {
    path: null;
    query: { limit?: number | null; after?: string | null; order?: string | null };
    body: null;
    reply: FapiaoList;
  };
  /** The caller's holds, the latest first: those that are live, and those that ended in the last day. */
  "GET /api/me/holds": {
    path: null;
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: HoldList;
  };
  /** Sign in by one of one's ways no more; the last one stays. */
  "DELETE /api/me/identities/{identity}": {
    path: { identity: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Where to go so that one can sign in with the provider's account from then on. */
  "POST /api/me/oidc": {
    path: null;
    query: null;
    body: AddElsewhere;
    reply: GoTo;
  };
  /** One's own orders, the latest first. */
  "GET /api/me/orders": {
    path: null;
    query: { limit?: number | null; after?: string | null; state?: string | null };
    body: null;
    reply: OrderList;
  };
  /** Sign in with this passkey, too, from now on. */
  "POST /api/me/passkeys": {
    path: null;
    query: null;
    body: PasskeyAnswer;
    reply: MyIdentity;
  };
  /** What to have the browser make a passkey with. */
  "POST /api/me/passkeys/options": {
    path: null;
    query: null;
    body: PasskeyRequest;
    reply: PasskeyOptions;
  };
  /** Have a code sent to a phone that is to be one's own. */
  "POST /api/me/phone": {
    path: null;
    query: null;
    body: PhoneRequest;
    reply: ChallengeSent;
  };
  /** Be known by the phone from now on. */
  "POST /api/me/phone/{challenge}": {
    path: { challenge: string };
    query: null;
    body: PhoneCode;
    reply: PhoneAdded;
  };
  /** End all of one's sessions but the one that says so. */
  "DELETE /api/me/sessions": {
    path: null;
    query: null;
    body: null;
    reply: undefined;
  };
  /** Where one is signed in, the newest first. */
  "GET /api/me/sessions": {
    path: null;
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: MySessions;
  };
  /** End one of one's sessions; its sockets are closed, its tokens refused. */
  "DELETE /api/me/sessions/{session}": {
    path: { session: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Where to go so that one can sign in by WeChat from then on. */
  "POST /api/me/wechat": {
    path: null;
    query: null;
    body: AddElsewhere;
    reply: GoTo;
  };
  /** Sign in by WeChat, too, from now on. */
  "POST /api/me/wechat-mini": {
    path: null;
    query: null;
    body: WechatCode;
    reply: undefined;
  };
  /** The word lists in force. */
  "GET /api/moderation/words": {
    path: null;
    query: null;
    body: null;
    reply: WordLists;
  };
  /** Put new word lists in force, at once and everywhere. */
  "PUT /api/moderation/words": {
    path: null;
    query: null;
    body: WordLists;
    reply: WordLists;
  };
  /** The boxes that were packed for an order line. */
  "GET /api/order-lines/{line}/boxes": {
    path: { line: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: BoxList;
  };
  /** Orders, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file. */
  "GET /api/orders": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string | null; product?: string | null; state?: string | null; room?: string | null; person?: string | null; from?: string | null; to?: string | null };
    body: null;
    reply: ListedOrders;
  };
  /** Order what a tap holds, or lines. The same key is the same order, for ever. */
  "POST /api/orders": {
    path: null;
    query: null;
    body: OrderRequest;
    reply: Order;
  };
  /** What the orders of a filter come to, all pages together. */
  "GET /api/orders/sums": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string | null; product?: string | null; state?: string | null; room?: string | null; person?: string | null; from?: string | null; to?: string | null };
    body: null;
    reply: OrderSums;
  };
  /** An order, and all that became of it. */
  "GET /api/orders/{order}": {
    path: { order: string };
    query: null;
    body: null;
    reply: Order;
  };
  /** Cancel an order that is not paid, or for which no money is left; one that is cancelled stays so. */
  "POST /api/orders/{order}/cancel": {
    path: { order: string };
    query: null;
    body: CancelRequest;
    reply: Order;
  };
  /** Say what is wrong with an order of one's own. The same key is the same case, for ever. */
  "POST /api/orders/{order}/cases": {
    path: { order: string };
    query: null;
    body: CaseRequest;
    reply: Case;
  };
  /** The invoice of an order of one's own, as it was asked for last. */
  "GET /api/orders/{order}/fapiao": {
    path: { order: string };
    query: null;
    body: null;
    reply: Fapiao;
  };
  /** Ask for an invoice for an order of one's own: for what was paid and is not refunded. */
  "POST /api/orders/{order}/fapiao": {
    path: { order: string };
    query: null;
    body: FapiaoRequest;
    reply: Fapiao;
  };
  /** Who of the staff did what about an order, and why, the latest first. */
  "GET /api/orders/{order}/history": {
    path: { order: string };
    query: null;
    body: null;
    reply: AuditEntries;
  };
  /** Take a paid order one step further on its way. */
  "POST /api/orders/{order}/moves": {
    path: { order: string };
    query: null;
    body: MoveRequest;
    reply: Order;
  };
  /** Begin to pay an order; an order may be begun to be paid many times. Under the same Idempotency-Key it is */
  "POST /api/orders/{order}/payments": {
    path: { order: string };
    query: null;
    body: PaymentRequest;
    reply: Payment;
  };
  /** The refunds of an order of one's own, or of any for the staff. */
  "GET /api/orders/{order}/refunds": {
    path: { order: string };
    query: null;
    body: null;
    reply: RefundsOfOrder;
  };
  /** Pay back units of an order. The same key is the same refund, for ever. */
  "POST /api/orders/{order}/refunds": {
    path: { order: string };
    query: null;
    body: RefundRequest;
    reply: Refund;
  };
  /** Settle units that are sold by weight: what they weigh less goes back. */
  "POST /api/orders/{order}/weights": {
    path: { order: string };
    query: null;
    body: WeightsRequest;
    reply: WeightsSettled;
  };
  /** Money that does not fit, the latest first; as a file if asked for. */
  "GET /api/payment-findings": {
    path: null;
    query: { limit?: number | null; after?: string | null; open?: boolean; q?: string; provider?: string; day?: string };
    body: null;
    reply: FindingList;
  };
  /** Say what was done about it; what somebody has resolved stays so. */
  "POST /api/payment-findings/{finding}/resolve": {
    path: { finding: string };
    query: null;
    body: FindingResolved;
    reply: FindingShown;
  };
  /** Ways to pay. */
  "GET /api/payment-providers": {
    path: null;
    query: null;
    body: null;
    reply: PaymentProviders;
  };
  /** How a payment of one's own stands. Staff who may see orders see everybody's. */
  "GET /api/payments/{payment}": {
    path: { payment: string };
    query: null;
    body: null;
    reply: Payment;
  };
  /** People with an account, the newest first; with an `Accept` of CSV or a spreadsheet all of them as a file. */
  "GET /api/people": {
    path: null;
    query: { limit?: number | null; after?: string | null; search?: string; role?: "admin" | "care" | "courier" | "farm" | "host" | "ops" | "picker" | "viewer" | null; staff?: boolean; blocked?: boolean };
    body: null;
    reply: PeopleList;
  };
  /** One person, how they are known, and who they were. */
  "GET /api/people/{person}": {
    path: { person: string };
    query: { reason?: string };
    body: null;
    reply: PersonDetail;
  };
  /** How somebody is known, without a mask; with the reason, which is written down. */
  "POST /api/people/{person}/identities": {
    path: { person: string };
    query: null;
    body: StaffReason;
    reply: WholeIdentities;
  };
  /** Give somebody another role; where they are signed in, they have to sign in again. */
  "POST /api/people/{person}/role": {
    path: { person: string };
    query: null;
    body: RoleChange;
    reply: PersonDetail;
  };
  /** Undo that somebody became another person; `person` is who they were. Of several the last one first. */
  "POST /api/people/{person}/separate": {
    path: { person: string };
    query: null;
    body: StaffReason;
    reply: undefined;
  };
  /** End the sessions of somebody, as when their phone is lost; or one of them. */
  "POST /api/people/{person}/sign-out": {
    path: { person: string };
    query: null;
    body: StaffSignOut;
    reply: undefined;
  };
  /** The products that can be pinned, and how many there are; with `Accept: text/csv` all of them as a file. */
  "GET /api/products": {
    path: null;
    query: { limit?: number | null; after?: string | null; q?: string; state?: "all" | "off" | "on" | "unproven"; newest?: boolean };
    body: null;
    reply: ProductList;
  };
  /** Add a product. */
  "POST /api/products": {
    path: null;
    query: null;
    body: ProductRequest;
    reply: ProductPage;
  };
  /** A product; for buyers, as long as it is on sale. */
  "GET /api/products/{product}": {
    path: { product: string };
    query: null;
    body: null;
    reply: ProductPage;
  };
  /** Change a product, as long as nobody else has since it was read. */
  "PATCH /api/products/{product}": {
    path: { product: string };
    query: null;
    body: ProductEdit;
    reply: ProductPage;
  };
  /** What a product was offered for, latest first. */
  "GET /api/products/{product}/prices": {
    path: { product: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: PriceHistory;
  };
  /** How many units of a product there are, held and sold. */
  "GET /api/products/{product}/stock": {
    path: { product: string };
    query: null;
    body: null;
    reply: ProductStock;
  };
  /** Add units of a product, or take some away; to a bundle none can be added. */
  "POST /api/products/{product}/stock": {
    path: { product: string };
    query: null;
    body: StockChange;
    reply: ProductStock;
  };
  /** Changes by hand, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file. */
  "GET /api/products/{product}/stock/changes": {
    path: { product: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: StockChanges;
  };
  /** What it would cost; nothing is changed. */
  "POST /api/quotes": {
    path: null;
    query: null;
    body: QuoteRequest;
    reply: QuoteReply;
  };
  /** Take a recording away. Its clips stay. */
  "DELETE /api/recordings/{recording}": {
    path: { recording: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** The chat of a recording as it was shown, in order; a stretch of ten minutes at most. */
  "GET /api/recordings/{recording}/chats": {
    path: { recording: string };
    query: { limit?: number | null; after?: string | null; from_ts?: number | null; to_ts?: number | null };
    body: null;
    reply: ShownLines;
  };
  /** The clips of a recording, with those that are being made and, for a day, those that failed. */
  "GET /api/recordings/{recording}/clips": {
    path: { recording: string };
    query: null;
    body: null;
    reply: ClipList;
  };
  /** Cut a clip, from the last keyframe at or before `from_ts`; it has files of its own and outlives the recording. */
  "POST /api/recordings/{recording}/clips": {
    path: { recording: string };
    query: null;
    body: ClipRequest;
    reply: Clip;
  };
  /** Stretches that the room's own signals point at, best first. */
  "GET /api/recordings/{recording}/highlights": {
    path: { recording: string };
    query: null;
    body: null;
    reply: HighlightList;
  };
  /** Refunds, latest first; as CSV or XLSX if the client asks for that. */
  "GET /api/refunds": {
    path: null;
    query: { limit?: number | null; after?: string | null; state?: "approval" | "failed" | "paid" | "processing" | null; q?: string; since?: number | null; until?: number | null };
    body: null;
    reply: RefundList;
  };
  /** A refund of one's own, or any for the staff. */
  "GET /api/refunds/{refund}": {
    path: { refund: string };
    query: null;
    body: null;
    reply: Refund;
  };
  /** Let go a refund that somebody else has asked for. */
  "POST /api/refunds/{refund}/approve": {
    path: { refund: string };
    query: null;
    body: null;
    reply: Refund;
  };
  /** Do not let it go; its units can be refunded again. */
  "POST /api/refunds/{refund}/reject": {
    path: { refund: string };
    query: null;
    body: RejectRequest;
    reply: Refund;
  };
  /** Ask the provider again for one that failed there, under the same number. */
  "POST /api/refunds/{refund}/retry": {
    path: { refund: string };
    query: null;
    body: null;
    reply: Refund;
  };
  /** What each role may do, and how many have it. */
  "GET /api/roles": {
    path: null;
    query: null;
    body: null;
    reply: RoleList;
  };
  /** All rooms, live ones first; or those of the caller. */
  "GET /api/rooms": {
    path: null;
    query: { mine?: boolean };
    body: null;
    reply: RoomList;
  };
  /** Make a room. */
  "POST /api/rooms": {
    path: null;
    query: null;
    body: RoomRequest;
    reply: RoomPage;
  };
  /** A room as it is now. */
  "GET /api/rooms/{room}": {
    path: { room: string };
    query: null;
    body: null;
    reply: RoomPage;
  };
  /** Change a room's title, host, poster or notice, or the announced start of its show. */
  "PATCH /api/rooms/{room}": {
    path: { room: string };
    query: null;
    body: RoomEdit;
    reply: Placed;
  };
  /** Put a product into the bag. */
  "POST /api/rooms/{room}/bag": {
    path: { room: string };
    query: null;
    body: CardRequest;
    reply: CardPlaced;
  };
  /** Take a product out of the bag. */
  "DELETE /api/rooms/{room}/bag/{card}": {
    path: { room: string; card: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** The cameras of a room, with their health. */
  "GET /api/rooms/{room}/cameras": {
    path: { room: string };
    query: null;
    body: null;
    reply: CameraList;
  };
  /** Add a camera, or with `reuse` take one again; of kind `whip` the token comes with it, this once. */
  "POST /api/rooms/{room}/cameras": {
    path: { room: string };
    query: null;
    body: CameraRequest;
    reply: CameraMade;
  };
  /** Take a camera away; what it sends ends. */
  "DELETE /api/rooms/{room}/cameras/{camera}": {
    path: { room: string; camera: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Give a camera another token; the old one is void, and whoever publishes with it is ended. */
  "POST /api/rooms/{room}/cameras/{camera}/token": {
    path: { room: string; camera: string };
    query: null;
    body: null;
    reply: CameraMade;
  };
  /** Take a line away from everybody. */
  "DELETE /api/rooms/{room}/chats/{line}": {
    path: { room: string; line: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** Give a line back to everybody that was deleted just now. */
  "POST /api/rooms/{room}/chats/{line}/restore": {
    path: { room: string; line: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** The room's coupons, also those that have ended, latest first, and how many of each are claimed; as CSV or XLSX if the */
  "GET /api/rooms/{room}/coupons": {
    path: { room: string };
    query: { limit?: number | null; after?: string | null; q?: string; state?: "ended" | "given" | "shown" | null };
    body: null;
    reply: RoomCoupons;
  };
  /** Drop a coupon into the room, in which something must be that can use it. */
  "POST /api/rooms/{room}/coupons": {
    path: { room: string };
    query: null;
    body: CouponRequest;
    reply: CouponPlaced;
  };
  /** Withdraw a coupon; those who have it keep it. */
  "DELETE /api/rooms/{room}/coupons/{coupon}": {
    path: { room: string; coupon: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** Drop the cut that waits for a keyframe, or the choice of the camera that opens the show. */
  "DELETE /api/rooms/{room}/cut": {
    path: { room: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Show another camera, or the slate; before there is a picture, choose the camera that opens the show. */
  "POST /api/rooms/{room}/cut": {
    path: { room: string };
    query: null;
    body: CutRequest;
    reply: Cut;
  };
  /** What has been done in the room, latest first; with an `Accept` of CSV or a spreadsheet all of it as a file. */
  "GET /api/rooms/{room}/events": {
    path: { room: string };
    query: { limit?: number | null; after?: string | null; types?: string | null; person?: string | null; line?: string | null };
    body: null;
    reply: PastEvents;
  };
  /** The room's live figures. */
  "GET /api/rooms/{room}/figures": {
    path: { room: string };
    query: null;
    body: null;
    reply: Figures;
  };
  /** Who runs the room, and who answers its questions. */
  "GET /api/rooms/{room}/hosts": {
    path: { room: string };
    query: null;
    body: null;
    reply: RoomHostList;
  };
  /** Name an expert of the room, or let somebody be nothing in it any more; a co-host or another host is named by ops. */
  "POST /api/rooms/{room}/hosts": {
    path: { room: string };
    query: null;
    body: HostRequestOf;
    reply: Placed;
  };
  /** The room's invitations that can be accepted still. */
  "GET /api/rooms/{room}/invitations": {
    path: { room: string };
    query: null;
    body: null;
    reply: InvitationList;
  };
  /** Make an invitation: whoever accepts it first, in time, is what it says. */
  "POST /api/rooms/{room}/invitations": {
    path: { room: string };
    query: null;
    body: InvitationRequest;
    reply: InvitationMade;
  };
  /** Withdraw an invitation that nobody has accepted. */
  "DELETE /api/rooms/{room}/invitations/{invitation}": {
    path: { room: string; invitation: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** What waits for a moderator, and who is restricted. */
  "GET /api/rooms/{room}/moderation": {
    path: { room: string };
    query: null;
    body: null;
    reply: ModerationPage;
  };
  /** Ban a person from the room, or let them in again. */
  "POST /api/rooms/{room}/moderation/bans": {
    path: { room: string };
    query: null;
    body: RestrictionRequest;
    reply: Placed;
  };
  /** Approve or reject several held lines. */
  "POST /api/rooms/{room}/moderation/held": {
    path: { room: string };
    query: null;
    body: HeldVerdict;
    reply: HeldOutcomes;
  };
  /** Show a held line; a reported one just stays. */
  "POST /api/rooms/{room}/moderation/held/{line}/approve": {
    path: { room: string; line: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Keep a held line from being shown; a reported one is deleted. */
  "POST /api/rooms/{room}/moderation/held/{line}/reject": {
    path: { room: string; line: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** Mute a person, or let them speak again. */
  "POST /api/rooms/{room}/moderation/mutes": {
    path: { room: string };
    query: null;
    body: RestrictionRequest;
    reply: Placed;
  };
  /** Let a person chat only once in so many seconds. */
  "POST /api/rooms/{room}/moderation/slow-mode": {
    path: { room: string };
    query: null;
    body: SlowModeRequest;
    reply: Placed;
  };
  /** What the room has sold so far. */
  "GET /api/rooms/{room}/order-figures": {
    path: { room: string };
    query: null;
    body: null;
    reply: OrderFigures;
  };
  /** Stop showing a product. */
  "DELETE /api/rooms/{room}/pins": {
    path: { room: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** Show a product as the one being explained. */
  "POST /api/rooms/{room}/pins": {
    path: { room: string };
    query: null;
    body: CardRequest;
    reply: CardPlaced;
  };
  /** Questions of the room, open ones first. */
  "GET /api/rooms/{room}/questions": {
    path: { room: string };
    query: { status?: "answered" | "dismissed" | "open" | null };
    body: null;
    reply: QuestionList;
  };
  /** The caller's own questions in the room, latest first. */
  "GET /api/rooms/{room}/questions/mine": {
    path: { room: string };
    query: { limit?: number | null; after?: string | null };
    body: null;
    reply: OwnQuestions;
  };
  /** Show a question with the host's answer; the asker hears of it, too, and gets a coupon if there is one for it. */
  "POST /api/rooms/{room}/questions/{question}/answer": {
    path: { room: string; question: string };
    query: null;
    body: QuestionAnswer;
    reply: Placed;
  };
  /** Take a question off the list without an answer. */
  "POST /api/rooms/{room}/questions/{question}/dismiss": {
    path: { room: string; question: string };
    query: null;
    body: null;
    reply: undefined;
  };
  /** The room's quizzes with their right answers, latest first. */
  "GET /api/rooms/{room}/quizzes": {
    path: { room: string };
    query: null;
    body: null;
    reply: QuizList;
  };
  /** Ask the room; the quiz closes by itself. */
  "POST /api/rooms/{room}/quizzes": {
    path: { room: string };
    query: null;
    body: QuizRequest;
    reply: QuizPlaced;
  };
  /** Close a quiz now and show the result; a closed one answers with the result it has. */
  "POST /api/rooms/{room}/quizzes/{quiz}/close": {
    path: { room: string; quiz: string };
    query: null;
    body: null;
    reply: QuizOutcome;
  };
  /** The recordings of a room with their clips, newest first; one that goes on is among them. */
  "GET /api/rooms/{room}/recordings": {
    path: { room: string };
    query: null;
    body: null;
    reply: RecordingList;
  };
  /** The room's sales, latest first; as CSV or XLSX if the client asks for that. */
  "GET /api/rooms/{room}/sales": {
    path: { room: string };
    query: { limit?: number | null; after?: string | null; q?: string; state?: "closed" | "open" | "scheduled" | null };
    body: null;
    reply: SaleList;
  };
  /** Put units of a product on sale in the room. */
  "POST /api/rooms/{room}/sales": {
    path: { room: string };
    query: null;
    body: SaleRequest;
    reply: SalePlaced;
  };
  /** Start, pause, resume or end the show. */
  "POST /api/rooms/{room}/state": {
    path: { room: string };
    query: null;
    body: StateRequest;
    reply: Placed;
  };
  /** Close a sale, and show it no more. */
  "DELETE /api/sales/{sale}": {
    path: { sale: string };
    query: null;
    body: null;
    reply: Placed;
  };
  /** A sale, and how it stands. */
  "GET /api/sales/{sale}": {
    path: { sale: string };
    query: null;
    body: null;
    reply: Sale;
  };
  /** Change the units, the limit or the end of a sale that is not over. */
  "PATCH /api/sales/{sale}": {
    path: { sale: string };
    query: null;
    body: SaleEdit;
    reply: SalePlaced;
  };
  /** Close a sale now; one that is closed stays so. */
  "POST /api/sales/{sale}/close": {
    path: { sale: string };
    query: null;
    body: null;
    reply: SalePlaced;
  };
  /** How people tap, and how they were answered. */
  "GET /api/sales/{sale}/figures": {
    path: { sale: string };
    query: null;
    body: null;
    reply: SaleFigures;
  };
  /** Open a sale now; one that is open stays so. */
  "POST /api/sales/{sale}/open": {
    path: { sale: string };
    query: null;
    body: null;
    reply: SalePlaced;
  };
  /** A payment as the sandbox has it. */
  "GET /api/sandbox/payments/{payment}": {
    path: { payment: string };
    query: { key?: string };
    body: null;
    reply: SandboxPayment;
  };
  /** Press a button of the sandbox's page. */
  "POST /api/sandbox/payments/{payment}/{action}": {
    path: { payment: string; action: string };
    query: null;
    body: SandboxPress;
    reply: SandboxPayment;
  };
  /** What a code is of. It is counted for whoever asks, but for staff. */
  "POST /api/scans": {
    path: null;
    query: null;
    body: ScanRequest;
    reply: Scanned;
  };
  /** Whom the token speaks for. */
  "GET /api/session": {
    path: null;
    query: null;
    body: null;
    reply: Person;
  };
  /** Get a token: of a session, as a guest, or by name where this installation allows that. */
  "POST /api/session": {
    path: null;
    query: null;
    body: SessionRequest;
    reply: Session;
  };
  /** Shipments, the latest first. */
  "GET /api/shipments": {
    path: null;
    query: { limit?: number | null; after?: string | null; is_open?: boolean | null; batch?: string | null };
    body: null;
    reply: Shipments;
  };
  /** Put batches beside sensors. What the sensors have said since it began counts, too, and is judged a moment later. */
  "POST /api/shipments": {
    path: null;
    query: null;
    body: ShipmentRequest;
    reply: ShipmentMade;
  };
  /** One shipment. */
  "GET /api/shipments/{shipment}": {
    path: { shipment: string };
    query: null;
    body: null;
    reply: Shipment;
  };
  /** The curves of a shipment: of each sensor, with gaps as gaps and every low and high. */
  "GET /api/shipments/{shipment}/curves": {
    path: { shipment: string };
    query: { points?: number | null };
    body: null;
    reply: Curves;
  };
  /** The goods have arrived: what the sensors say from now on is not about them. */
  "POST /api/shipments/{shipment}/end": {
    path: { shipment: string };
    query: null;
    body: ShipmentEnd;
    reply: Shipment;
  };
  /** Goods changed hands: how warm they were is on record, and is a breach where a product may not be so warm. */
  "POST /api/shipments/{shipment}/handovers": {
    path: { shipment: string };
    query: null;
    body: HandoverRequest;
    reply: Recorded;
  };
  /** How one can sign in here. */
  "GET /api/sign-in": {
    path: null;
    query: null;
    body: null;
    reply: SignInWays;
  };
  /** Sign in with an invitation. */
  "POST /api/sign-in/invitation": {
    path: null;
    query: null;
    body: SignInInvitation;
    reply: Session;
  };
  /** Sign in with a passkey. */
  "POST /api/sign-in/passkey": {
    path: null;
    query: null;
    body: PasskeySignIn;
    reply: Session;
  };
  /** What to ask the browser for a passkey with. */
  "POST /api/sign-in/passkey/options": {
    path: null;
    query: null;
    body: PasskeyRequest;
    reply: PasskeyOptions;
  };
  /** Have a code sent to a phone, to sign in with. */
  "POST /api/sign-in/phone": {
    path: null;
    query: null;
    body: PhoneRequest;
    reply: ChallengeSent;
  };
  /** Sign in with the code that was sent. */
  "POST /api/sign-in/phone/{challenge}": {
    path: { challenge: string };
    query: null;
    body: PhoneCode;
    reply: Session;
  };
  /** Sign in with a code of `wx.login`. */
  "POST /api/sign-in/wechat-mini": {
    path: null;
    query: null;
    body: WechatCode;
    reply: Session;
  };
  /** End the session of the cookie, or of the token, and take the cookie away. */
  "POST /api/sign-out": {
    path: null;
    query: null;
    body: SignOutRequest;
    reply: undefined;
  };
  /** Delivery windows for a place, the earliest first; none where orders need none. */
  "GET /api/slots": {
    path: null;
    query: { lat?: number | null; lon?: number | null; region?: string };
    body: null;
    reply: Slots;
  };
  /** Upload a picture (JPEG, PNG or WebP); it is kept if it is used within a day. */
  "POST /api/uploads": {
    path: null;
    query: null;
    body: never;
    reply: Upload;
  };
  /** Orders that are not on their way yet, with what of them is sold by weight, the oldest first. */
  "GET /api/weights": {
    path: null;
    query: { limit?: number | null; after?: string | null; number?: string | null };
    body: null;
    reply: OrdersToWeigh;
  };
}
