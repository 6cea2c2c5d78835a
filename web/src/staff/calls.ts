/** What hosts and ops can ask of the server, one function per call. Throws Refusal; `key` makes a retry the same request. */
import { call, refusalOf } from "@shared/api";
import type {
  CameraList,
  CameraMade,
  CameraRequest,
  CardPlaced,
  CardRequest,
  Clip,
  ClipList,
  ClipRequest,
  CouponPlaced,
  CouponRequest,
  Cut,
  Figures,
  HeldOutcomes,
  HeldVerdict,
  HighlightList,
  ListedProduct,
  ModerationPage,
  PastEvents,
  Placed,
  ProductStock,
  QuestionAnswer,
  QuestionList,
  QuizList,
  QuizOutcome,
  QuizPlaced,
  QuizRequest,
  RecordingList,
  RestrictionRequest,
  RoomCoupons,
  RoomEdit,
  RoomList,
  RoomPage,
  RoomRequest,
  SaleFigures,
  SalePlaced,
  SaleRequest,
  SlowModeRequest,
  StateRequest,
  StockChange,
  WordLists,
} from "@shared/api-types";

export type QuestionStatus = QuestionList["questions"][number]["status"];
type Token = () => string | null;

/** Which of what was done: of these types, to or by this person, about this chat line. */
export interface EventFilter {
  types?: readonly string[];
  person?: string;
  line?: string;
}

/** A thumbnail that takes longer is not worth waiting for: the next one is due. */
const PICTURE_MS = 3_000;

/** Calls that are not about one room. */
export function houseCalls(token: Token) {
  return {
    rooms: () => call<RoomList>("GET", "/api/rooms?mine=true", { token: token() }),
    createRoom: (body: RoomRequest, key: string) => call<RoomPage>("POST", "/api/rooms", { token: token(), body, key }),
    products: async () =>
      (await call<{ products: ListedProduct[] }>("GET", "/api/products", { token: token() })).products,
    words: () => call<WordLists>("GET", "/api/moderation/words", { token: token() }),
    setWords: (body: WordLists) =>
      call<WordLists | undefined>("PUT", "/api/moderation/words", { token: token(), body }),
  };
}

/** A query string of what is given. */
function asked(query: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length > 0 ? `?${new URLSearchParams(given).toString()}` : "";
}

/** Calls about one room. */
export function roomCalls(token: Token, room: string) {
  const at = (rest: string): string => `/api/rooms/${encodeURIComponent(room)}${rest}`;
  const part = (id: string): string => encodeURIComponent(id);
  const get = <Reply>(rest: string): Promise<Reply> => call<Reply>("GET", at(rest), { token: token() });
  const remove = (rest: string): Promise<Placed> => call<Placed>("DELETE", at(rest), { token: token() });
  const post = <Reply>(rest: string, body: unknown, key: string): Promise<Reply> =>
    call<Reply>("POST", at(rest), { token: token(), body, key });

  return {
    edit: (body: RoomEdit) => call<Placed>("PATCH", at(""), { token: token(), body }),
    setState: (body: StateRequest, key: string) => post<Placed>("/state", body, key),
    figures: () => get<Figures>("/figures"),
    /** What has been done, latest first. `after`: the `next` of the page before. */
    events: (after: string | null, filter: EventFilter = {}) =>
      get<PastEvents>(
        `/events${asked({ after, types: filter.types?.join(","), person: filter.person, line: filter.line })}`,
      ),

    pin: (body: CardRequest, key: string) => post<CardPlaced>("/pins", body, key),
    unpin: () => remove("/pins"),
    putInBag: (body: CardRequest, key: string) => post<CardPlaced>("/bag", body, key),
    takeFromBag: (card: string) => remove(`/bag/${part(card)}`),

    /** Also those that have ended, latest first. `after`: the `next` of the page before. */
    coupons: (after: string | null) => get<RoomCoupons>(after === null ? "/coupons" : `/coupons?after=${part(after)}`),
    dropCoupon: (body: CouponRequest, key: string) => post<CouponPlaced>("/coupons", body, key),
    shownCoupons: async () => (await get<RoomCoupons>("/coupons?state=shown")).items,
    /** Those that can be had no longer, or went to the winners of quizzes; latest first. */
    pastCoupons: async () =>
      (await Promise.all((["ended", "given"] as const).map((state) => get<RoomCoupons>(`/coupons?state=${state}`))))
        .flatMap(({ items }) => items)
        .toSorted((a, b) => b.created_ts - a.created_ts),
    endCoupon: (coupon: string) => remove(`/coupons/${part(coupon)}`),

    startSale: (body: SaleRequest, key: string) => post<SalePlaced>("/sales", body, key),
    openSale: (sale: string, key: string) =>
      call<SalePlaced>("POST", `/api/sales/${part(sale)}/open`, { token: token(), body: {}, key }),
    closeSale: (sale: string, key: string) =>
      call<SalePlaced>("POST", `/api/sales/${part(sale)}/close`, { token: token(), body: {}, key }),
    /** Closes it, too, if it is open. */
    removeSale: (sale: string) => call<Placed>("DELETE", `/api/sales/${part(sale)}`, { token: token() }),
    saleFigures: (sale: string) => call<SaleFigures>("GET", `/api/sales/${part(sale)}/figures`, { token: token() }),
    changeStock: (product: string, body: StockChange, key: string) =>
      call<ProductStock>("POST", `/api/products/${part(product)}/stock`, { token: token(), body, key }),

    quizzes: async () => (await get<QuizList>("/quizzes")).quizzes,
    openQuiz: (body: QuizRequest, key: string) => post<QuizPlaced>("/quizzes", body, key),
    closeQuiz: (quiz: string, key: string) => post<QuizOutcome>(`/quizzes/${part(quiz)}/close`, {}, key),

    questions: async (status: QuestionStatus) => (await get<QuestionList>(`/questions?status=${status}`)).questions,
    answer: (question: string, body: QuestionAnswer, key: string) =>
      post<Placed>(`/questions/${part(question)}/answer`, body, key),
    dismiss: (question: string, key: string) => post<undefined>(`/questions/${part(question)}/dismiss`, {}, key),

    moderation: () => get<ModerationPage>("/moderation"),
    approve: (line: string, key: string) => post<undefined>(`/moderation/held/${part(line)}/approve`, {}, key),
    reject: (line: string, key: string) => post<undefined>(`/moderation/held/${part(line)}/reject`, {}, key),
    decideHeld: (body: HeldVerdict, key: string) => post<HeldOutcomes>("/moderation/held", body, key),
    /** Within the seconds that the server allows for it. */
    restoreLine: (line: string, key: string) => post<Placed>(`/chats/${part(line)}/restore`, {}, key),
    deleteLine: (line: string) => remove(`/chats/${part(line)}`),
    mute: (body: RestrictionRequest, key: string) => post<Placed>("/moderation/mutes", body, key),
    ban: (body: RestrictionRequest, key: string) => post<Placed>("/moderation/bans", body, key),
    setSlowMode: (body: SlowModeRequest, key: string) => post<Placed>("/moderation/slow-mode", body, key),

    cameras: () => get<CameraList>("/cameras"),
    addCamera: (body: CameraRequest, key: string) => post<CameraMade>("/cameras", body, key),
    /** The old token is void from then on. */
    newCameraToken: (camera: string, key: string) => post<CameraMade>(`/cameras/${part(camera)}/token`, {}, key),
    removeCamera: (camera: string) => call<undefined>("DELETE", at(`/cameras/${part(camera)}`), { token: token() }),
    /** `camera`: its id, or `slate`. */
    cut: (camera: string, key: string) => post<Cut>("/cut", { camera }, key),
    cancelCut: () => call<undefined>("DELETE", at("/cut"), { token: token() }),
    picture: (path: string) => picture(path, token()),
    /** Where one camera can be looked at by WebRTC, and with which token. */
    preview: (camera: string) => ({ url: `/media/whep/${part(room)}/${part(camera)}`, token: token() }),

    /** Past the cache that viewers ask: who has just deleted something wants to see it gone. */
    recordings: () => get<RecordingList>("/recordings?fresh=1"),
    highlights: async (recording: string) =>
      (await call<HighlightList>("GET", `/api/recordings/${part(recording)}/highlights`, { token: token() }))
        .highlights,
    /** Those that are being made and that failed as well. */
    clips: async (recording: string) =>
      (await call<ClipList>("GET", `/api/recordings/${part(recording)}/clips`, { token: token() })).clips,
    /** One across cameras is `making` still. */
    keepClip: (recording: string, body: ClipRequest, key: string) =>
      call<Clip>("POST", `/api/recordings/${part(recording)}/clips`, { token: token(), body, key }),
    /** Its clips stay. */
    removeRecording: (recording: string) =>
      call<undefined>("DELETE", `/api/recordings/${part(recording)}`, { token: token() }),
    removeClip: (clip: string) => call<undefined>("DELETE", `/api/clips/${part(clip)}`, { token: token() }),
  };
}

export type HouseCalls = ReturnType<typeof houseCalls>;
export type RoomCalls = ReturnType<typeof roomCalls>;

/** A picture that only staff may see, so that it takes a token and cannot be an <img src>. */
async function picture(path: string, token: string | null): Promise<Blob> {
  const response = await fetch(path, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    signal: AbortSignal.timeout(PICTURE_MS),
  });
  if (!response.ok) throw await refusalOf(response);
  return response.blob();
}
