/**
 * A room as staff see it: what viewers see, and what waits for a decision.
 *
 * Control messages make the room's view (shared/room.ts). `staff` events tell of held lines, questions and figures as they
 * come but may be lost, so that each also asks HTTP for the truth; so does every (re)connection, and a count in the
 * figures that differs from the list here.
 */
import {
  computed,
  shallowReadonly,
  shallowRef,
  watch,
  type ComputedRef,
  type InjectionKey,
  type ShallowRef,
} from "vue";
import type {
  CameraList,
  Figures,
  HeldLine,
  OrderFigures,
  QuestionRow,
  QuizRow,
  Restriction,
  RoomHost,
} from "@shared/api-types";
import { call } from "@shared/api";
import { asRefusal, CODE } from "@shared/refusal";
import { createRoomSession, type RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import type { Control, RoomView, Staff } from "@shared/wire";
import { useInLanguage } from "@shared/words";
import { emptyQueue, ROWS_MAX, withSettled, withTold, withTruth } from "./queue";
import { createRefresher } from "./refresher";
import { withSample, type Series } from "./series";
import { camerasOf, claimedOf, figuresOf, heldOf, orderFiguresOf, questionOf } from "./staff-events";

const LIST_GAP_MS = 1_000;
/** Answers to an open quiz are counted by asking. */
const ANSWERS_GAP_MS = 2_000;

export interface FigureSeries {
  viewers: Series;
  likesPerS: Series;
  chatsPerS: Series;
}

export interface StaffRoom {
  id: string;
  /** Its view is in the language of the page. */
  room: RoomSession;
  /** The view as it came, for forms that change words in it. */
  stored: Readonly<ShallowRef<RoomView | null>>;
  socket: LiveSocket;
  figures: Readonly<ShallowRef<Figures | null>>;
  /** What the room has sold; null until it was loaded. */
  sold: Readonly<ShallowRef<OrderFigures | null>>;
  series: Readonly<ShallowRef<FigureSeries>>;
  questions: ComputedRef<readonly QuestionRow[]>;
  held: ComputedRef<readonly HeldLine[]>;
  restrictions: Readonly<ShallowRef<readonly Restriction[]>>;
  /** Latest first; null until they were loaded. */
  quizzes: Readonly<ShallowRef<readonly QuizRow[] | null>>;
  /** Null until they were loaded, or where this installation has no media. */
  cameras: Readonly<ShallowRef<CameraList | null>>;
  /** How many of each coupon on show are claimed, by its id, once some have been. */
  claimed: Readonly<ShallowRef<Readonly<Record<string, number>>>>;
  /** Who runs the room, and its experts, the host first; null until they were loaded. */
  hosts: Readonly<ShallowRef<readonly RoomHost[] | null>>;
  /** We do not run this room, or do so no more. */
  isOut: Readonly<ShallowRef<boolean>>;
  /** Grows with everything that is done in the room, for who reads the list of it. */
  doings: Readonly<ShallowRef<number>>;
  /** Tell of what was decided here, so that it leaves the lists at once. */
  settleQuestion: (id: string) => void;
  settleHeld: (id: string) => void;
  refreshModeration: () => void;
  refreshQuizzes: () => void;
  refreshCameras: () => void;
  refreshHosts: () => void;
  leave: () => void;
}

export const STAFF_ROOM: InjectionKey<StaffRoom> = Symbol("staff room");

export function createStaffRoom(socket: LiveSocket, id: string, me: () => string | null): StaffRoom {
  const path = { room: id };
  // Nobody waits for what was asked for once the room is left.
  const leaving = new AbortController();
  const { signal } = leaving;
  const figures = shallowRef<Figures | null>(null);
  const sold = shallowRef<OrderFigures | null>(null);
  const series = shallowRef<FigureSeries>({ viewers: [], likesPerS: [], chatsPerS: [] });
  const questions = shallowRef(emptyQueue<QuestionRow>());
  const held = shallowRef(emptyQueue<HeldLine>());
  const restrictions = shallowRef<readonly Restriction[]>([]);
  const quizzes = shallowRef<readonly QuizRow[] | null>(null);
  const cameras = shallowRef<CameraList | null>(null);
  const claimed = shallowRef<Readonly<Record<string, number>>>({});
  const hosts = shallowRef<readonly RoomHost[] | null>(null);
  const isOut = shallowRef(false);
  const doings = shallowRef(0);

  const questionList = createRefresher(async () => {
    const askedAt = questions.value.version;
    const open = await call("GET /api/rooms/{room}/questions", { path, query: { status: "open" }, signal });
    questions.value = withTruth(questions.value, open.questions, askedAt);
  }, LIST_GAP_MS);
  const moderationPage = createRefresher(async () => {
    const askedAt = held.value.version;
    const page = await call("GET /api/rooms/{room}/moderation", { path, signal });
    held.value = withTruth(held.value, page.held, askedAt);
    restrictions.value = page.restrictions;
  }, LIST_GAP_MS);
  const quizList = createRefresher(async () => {
    quizzes.value = (await call("GET /api/rooms/{room}/quizzes", { path, signal })).quizzes;
    if (room.view.value?.quiz?.status === "open") quizList.ask();
  }, ANSWERS_GAP_MS);
  const figuresNow = createRefresher(async () => {
    takeFigures(await call("GET /api/rooms/{room}/figures", { path, signal }), room.serverNow());
  }, LIST_GAP_MS);
  const soldNow = createRefresher(async () => {
    sold.value = await call("GET /api/rooms/{room}/order-figures", { path, signal });
  }, LIST_GAP_MS);
  const cameraList = createRefresher(async () => {
    cameras.value = await call("GET /api/rooms/{room}/cameras", { path, signal });
  }, LIST_GAP_MS);
  const hostList = createRefresher(async () => {
    try {
      hosts.value = (await call("GET /api/rooms/{room}/hosts", { path, signal })).items;
      isOut.value = false;
    } catch (thrown) {
      if (asRefusal(thrown).code !== CODE.notYourRoom) throw thrown;
      isOut.value = true;
    }
  }, LIST_GAP_MS);
  const refreshers = [questionList, moderationPage, quizList, figuresNow, soldNow, cameraList, hostList];

  function takeFigures(next: Figures, ts: number): void {
    figures.value = next;
    series.value = {
      viewers: withSample(series.value.viewers, { ts, value: next.viewers }),
      likesPerS: withSample(series.value.likesPerS, { ts, value: next.likes_per_s }),
      chatsPerS: withSample(series.value.chatsPerS, { ts, value: next.chats_per_s }),
    };
    if (next.questions_open !== questions.value.rows.length && next.questions_open <= ROWS_MAX) questionList.ask();
    if (next.held !== held.value.rows.length && next.held <= ROWS_MAX) moderationPage.ask();
  }

  function onStaff(event: Staff): void {
    if (event.room !== id) return;
    if (event.type === "figures") {
      const next = figuresOf(event.data);
      if (next) takeFigures(next, event.ts);
    } else if (event.type === "orders") {
      sold.value = orderFiguresOf(event.data) ?? sold.value;
    } else if (event.type === "question") {
      const row = questionOf(event.data);
      if (row?.status === "open") questions.value = withTold(questions.value, row);
      else if (row) questions.value = withSettled(questions.value, row.id);
      questionList.ask();
    } else if (event.type === "cameras") {
      cameras.value = camerasOf(event.data) ?? cameras.value;
    } else if (event.type === "coupons") {
      claimed.value = { ...claimed.value, ...claimedOf(event.data) };
    } else {
      const row = heldOf(event.data);
      if (row) held.value = withTold(held.value, row);
      doings.value++;
      moderationPage.ask();
    }
  }

  function onControl({ data }: Control): void {
    doings.value++;
    if (data.type === "question") questions.value = withSettled(questions.value, data.question.id);
    else if (data.type === "quiz_open" || data.type === "quiz_close" || data.type === "quiz_result") quizList.ask();
    else if (data.type === "camera") cameraList.ask();
    else if (data.type === "host") hostList.ask();
    else if (data.type === "mute" || data.type === "ban") moderationPage.ask();
    else if (data.type === "chat_delete") {
      for (const row of held.value.rows) if (row.line.id === data.line) held.value = withSettled(held.value, row.id);
    }
  }

  const joined = createRoomSession(socket, id, { me, onControl });
  const room: RoomSession = { ...joined, view: useInLanguage(joined.view) };
  const stops = [
    socket.on("staff", onStaff),
    // Whatever was told while we were away is lost; ask.
    watch(room.state, (state) => {
      if (state !== "live") return;
      doings.value++;
      for (const refresher of refreshers) refresher.ask();
    }),
  ];

  return {
    id,
    room,
    stored: joined.view,
    socket,
    figures: shallowReadonly(figures),
    sold: shallowReadonly(sold),
    series: shallowReadonly(series),
    questions: computed(() => questions.value.rows),
    held: computed(() => held.value.rows),
    restrictions: shallowReadonly(restrictions),
    quizzes: shallowReadonly(quizzes),
    cameras: shallowReadonly(cameras),
    claimed: shallowReadonly(claimed),
    hosts: shallowReadonly(hosts),
    isOut: shallowReadonly(isOut),
    doings: shallowReadonly(doings),
    settleQuestion: (question) => (questions.value = withSettled(questions.value, question)),
    settleHeld(line) {
      held.value = withSettled(held.value, line);
      doings.value++;
    },
    refreshModeration: moderationPage.ask,
    refreshQuizzes: quizList.ask,
    refreshCameras: cameraList.ask,
    refreshHosts: hostList.ask,
    leave() {
      leaving.abort();
      for (const stop of stops) stop();
      for (const refresher of refreshers) refresher.stop();
      room.leave();
    },
  };
}
