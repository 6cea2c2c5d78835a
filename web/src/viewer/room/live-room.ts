/** One room: the connection, the room session, and what a viewer does there, made once and shared by all its parts. */
import {
  effectScope,
  inject,
  markRaw,
  onScopeDispose,
  provide,
  shallowRef,
  watch,
  type InjectionKey,
  type Ref,
  type ShallowRef,
  type WritableComputedRef,
} from "vue";
import { storeToRefs } from "pinia";
import { useRouter } from "vue-router";
import { useInbox, type Inbox } from "@app/inbox";
import { useOnce, usePersonal } from "@app/personal";
import { useSocket } from "@app/socket";
import { useSession } from "@app/useSession";
import { createRoomSession, type Arrival, type RoomSession } from "@shared/room";
import { useInLanguage } from "@shared/words";
import type { Control, ControlData } from "@shared/wire";
import { useChat, type Chat } from "../chat/useChat";
import { useChatLines, type ChatLines } from "../chat/useChatLines";
import type { Purchase } from "../checkout/submission";
import { useCoupons, type Coupons } from "../coupons/useCoupons";
import { useLikes, type Likes } from "../likes/useLikes";
import { useNow } from "@kit/useNow";
import { createDraft } from "../people/drafts";
import { requireSignIn } from "../people/sign-in";
import { storedDelay } from "../player/delay";
import { createPlayer, type FellBack, type Player } from "../player/player";
import { useStill, type Still } from "../player/useStill";
import { useOwnQuestions, type Own } from "../questions/useOwnQuestions";
import { useQuiz, type Quiz } from "../quiz/useQuiz";
import { useRecordings, type Recordings } from "../replay/recordings";
import { useSales, type Sales } from "../sales/useSales";
import { takePreview } from "./first-look";
import RoomPicture from "./RoomPicture.vue";
import { stopWatching, watched } from "./watched";

export type SheetName =
  "bag" | "quiz" | "coupons" | "questions" | "inbox" | "menu" | "picture" | "sales" | "hold" | "cart" | "checkout";

export interface LiveRoom {
  id: string;
  room: RoomSession;
  chat: Chat;
  chatLines: ChatLines;
  likes: Likes;
  quiz: Quiz;
  coupons: Coupons;
  sales: Sales;
  inbox: Inbox;
  /** Our own questions. */
  own: Own;
  /** What we have begun to write, tied to us. */
  drafts: { chat: WritableComputedRef<string>; question: WritableComputedRef<string> };
  player: Player;
  still: Still;
  recordings: Recordings;
  /** The server's clock, moving. */
  now: Readonly<Ref<number>>;
  /** The one sheet that is open. */
  sheet: ShallowRef<SheetName | null>;
  /** What the checkout sheet is about. */
  buying: ShallowRef<Purchase | null>;
  /** Where the room's page has room for the picture; null while there is no such place. */
  place: ShallowRef<HTMLElement | null>;
  /** One has gone to another page, and taken the picture along. */
  away: ShallowRef<boolean>;
  ask: (text: string) => Promise<void>;
  /** Tells what moderators take away and put back, until the returned function is called. */
  onModeration: (act: (data: ControlData) => void) => () => void;
  /** Resolves when the room is live, e.g. after signing in; gives up after a while. */
  ready: () => Promise<void>;
}

export const LIVE_ROOM: InjectionKey<LiveRoom> = Symbol("live room");
const READY_MAX_MS = 6_000;

/** What the page says about: a picture that comes another way than it was asked for. */
export interface Tell {
  fellBack: (why: Exclude<FellBack, null>) => void;
}

export function useLiveRoom(): LiveRoom {
  const found = inject(LIVE_ROOM);
  if (!found) throw new Error("not inside a room");
  return found;
}

/**
 * The room of a page: the one that is watched already, or a new one in its place. When its page goes, the picture goes
 * along to the next one if there is a picture; else the room is left.
 */
export function enterRoom(id: string, tell: Tell): LiveRoom {
  const router = useRouter();
  const page = router.currentRoute.value.name;
  if (watched.value?.live.id !== id || watched.value.live.room.refusal.value) stopWatching();
  watched.value ??= begin(id, tell);
  const { live } = watched.value;
  provide(LIVE_ROOM, live);
  onScopeDispose(() => {
    const { phase, aspect } = live.player;
    const isSeen = phase.value !== "none" && aspect.value !== null;
    live.sheet.value = null;
    live.away.value = isSeen && router.currentRoute.value.name !== page;
    if (!live.away.value && watched.value?.live === live) stopWatching();
  });
  return live;
}

function begin(id: string, tell: Tell): { live: LiveRoom; picture: typeof RoomPicture; end: () => void } {
  // Of no component: it outlives the page that it is made for.
  const scope = effectScope(true);
  const live = scope.run(() => createLiveRoom(id, tell)) as LiveRoom;
  return { live, picture: markRaw(RoomPicture), end: () => scope.stop() };
}

function createLiveRoom(id: string, tell: Tell): LiveRoom {
  const session = useSession();
  const { socket, hold } = useSocket();
  const inbox = useInbox();
  const letGo = hold();
  const sheet = shallowRef<SheetName | null>(null);
  // Set below; control messages come only after that.
  let onControl: (control: Control, arrival: Arrival) => void = () => undefined;
  let player: Player | null = null;
  const joined = createRoomSession(socket, id, {
    me: () => session.person?.id ?? null,
    pictureTs: () => player?.pictureTs() ?? null,
    preview: takePreview(id),
    onControl: (control, arrival) => onControl(control, arrival),
  });
  const room: RoomSession = { ...joined, view: useInLanguage(joined.view) };
  const now = useNow(room.serverNow);
  player = createPlayer({
    // Who asked for less delay is not to see the picture begin twice.
    view: () => (room.isPreview.value && storedDelay() === "low" ? null : room.view.value),
    serverNow: room.serverNow,
    token: () => session.token,
    onFellBack: tell.fellBack,
  });
  const personal = usePersonal();
  const quiz = useQuiz(socket, room, id, now, personal);
  const coupons = useCoupons(socket, room, now, personal, useOnce(), () => session.isSignedIn);
  const moderated = new Set<(data: ControlData) => void>([
    (data) => live.chat.moderate(data),
    (data) => live.chatLines.moderate(data),
  ]);
  const ready = (): Promise<void> => untilLive(room);
  const me = (): { id: string } | null => (session.isSignedIn ? session.person : null);
  const sales = useSales({ socket, room, me, requireSignIn, ready });
  const live: LiveRoom = {
    id,
    room,
    now,
    quiz,
    coupons,
    sales,
    sheet,
    buying: shallowRef(null),
    place: shallowRef(null),
    away: shallowRef(false),
    player,
    still: useStill(() => room.view.value, player),
    recordings: useRecordings({
      room: id,
      view: () => room.view.value,
      serverNow: room.serverNow,
    }),
    chat: useChat(socket, room, id, personal),
    chatLines: useChatLines(room, personal.who),
    likes: useLikes(socket, room, id),
    inbox: { ...storeToRefs(inbox), looked: inbox.looked, onShow: inbox.onShow },
    own: useOwnQuestions(id, personal, () => room.returns.value),
    drafts: { chat: createDraft(() => session.person), question: createDraft(() => session.person) },
    async ask(text) {
      const isMine = personal.asking();
      const { id: question } = await socket.emit("ask", { room: id, text });
      if (isMine()) live.own.sent(question, text, room.serverNow());
    },
    onModeration(act) {
      moderated.add(act);
      return () => moderated.delete(act);
    },
    ready,
  };
  onControl = (control, arrival) => {
    for (const act of moderated) act(control.data);
    react(live, control, arrival);
  };

  inbox.onShow((message) => {
    if (message.kind === "hold") sales.take(message.hold);
    if (message.kind === "coupon_given") coupons.add(message.coupon);
    if (message.kind !== "quiz_won") return false;
    if (message.coupon) coupons.add(message.coupon);
    if (live.away.value) return false;
    quiz.celebrate({ quiz: message.quiz, rank: message.rank, coupon: message.coupon });
    return true;
  });
  watch(
    () => session.person?.id,
    () => void coupons.loadMine(),
    { immediate: true },
  );
  onScopeDispose(() => {
    room.leave();
    letGo();
  });
  return live;
}

/** What happens by itself when the host does something. Nothing pops up for what is over, or for who is busy. */
function react({ sheet, away, coupons, quiz, own }: LiveRoom, { data }: Control, arrival: Arrival): void {
  const free = arrival === "now" && !away.value && sheet.value === null && quiz.win.value === null && !isWriting();
  if (data.type === "coupon" && arrival === "now" && !away.value) coupons.drop.value = data.coupon;
  if (data.type === "coupon_end") coupons.ended(data.coupon);
  if (data.type === "question") own.heard(data.question);
  if (data.type === "quiz_open" && free) sheet.value = "quiz";
  if (data.type === "quiz_result") {
    const me = useSession().person?.id;
    const place = data.result.winners.find((winner) => winner.user === me);
    if (place) quiz.celebrate({ quiz: data.quiz, rank: place.rank, coupon: null });
    else if (free && quiz.given.value) sheet.value = "quiz";
  }
}

/** Whether somebody is in the middle of a line, which a sheet would take away from under their fingers. */
function isWriting(): boolean {
  const field = document.activeElement;
  return field instanceof HTMLInputElement && field.value !== "";
}

function untilLive(room: RoomSession): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, READY_MAX_MS);
    const stop = watch(room.state, (state) => {
      if (state === "live" || state === "degraded") done();
    });
    if (room.state.value === "live" || room.state.value === "degraded") done();
  });
}
