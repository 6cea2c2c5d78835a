/** What staff do in a room, each as one named action (see actions.ts), with what it settles in the lists. */
import { inject, type InjectionKey } from "vue";
import { CODE } from "@shared/refusal";
import type {
  CameraRequest,
  CardRequest,
  ClipRequest,
  CouponRequest,
  HeldOutcome,
  HeldVerdict,
  QuizRequest,
  RestrictionRequest,
  RoomEdit,
  SaleRequest,
  StockChange,
} from "@shared/api-types";
import type { Show } from "@shared/wire";
import type { Outcome } from "@kit/forms/outcome";
import type { Placed } from "@shared/api-types";
import type { Actions } from "./actions";
import { STAFF_ROOM, type StaffRoom } from "./staff-room";

export const MUTE_S = 600;
/** Held lines that the server decides with one request. */
const TOGETHER_MAX = 100;

/** Done, or a colleague was faster: either way the row needs nobody any more. */
function isSettled(outcome: Outcome<unknown>): boolean {
  return outcome.ok || outcome.refusal?.code === CODE.lineNotFound || outcome.refusal?.code === CODE.questionNotFound;
}

export function roomCommands(staff: StaffRoom, { run, busy }: Actions) {
  const { calls } = staff;
  /** What a card request is about, for the name of its action. */
  const about = (card: CardRequest): string => card.card ?? card.product ?? "new";

  return {
    busy,
    setState: (status: Show["status"]) => run("state", { status }, (key) => calls.setState({ status }, key)),
    /** Null where nothing was changed, and nothing sent. */
    edit: (body: RoomEdit): Promise<Outcome<Placed | null>> =>
      Object.keys(body).length > 0
        ? run("edit", body, () => calls.edit(body))
        : Promise.resolve({ ok: true, reply: null }),

    pin: (card: CardRequest) => run(`pin:${about(card)}`, card, (key) => calls.pin(card, key)),
    unpin: () => run("unpin", null, () => calls.unpin()),
    putInBag: (card: CardRequest) => run(`bag:${about(card)}`, card, (key) => calls.putInBag(card, key)),
    takeFromBag: (card: string) => run(`unbag:${card}`, null, () => calls.takeFromBag(card)),

    dropCoupon: (body: CouponRequest) => run("coupon", body, (key) => calls.dropCoupon(body, key)),
    endCoupon: (coupon: string) => run(`coupon_end:${coupon}`, null, () => calls.endCoupon(coupon)),

    startSale: (body: SaleRequest) => run("sale", body, (key) => calls.startSale(body, key)),
    openSale: (sale: string) => run(`sale_open:${sale}`, null, (key) => calls.openSale(sale, key)),
    closeSale: (sale: string) => run(`sale_close:${sale}`, null, (key) => calls.closeSale(sale, key)),
    removeSale: (sale: string) => run(`sale_remove:${sale}`, null, () => calls.removeSale(sale)),
    changeStock: (product: string, body: StockChange) =>
      run(`stock:${product}`, body, (key) => calls.changeStock(product, body, key)),

    openQuiz: (body: QuizRequest) => run("quiz", body, (key) => calls.openQuiz(body, key)),
    closeQuiz: (quiz: string) => run(`quiz_close:${quiz}`, null, (key) => calls.closeQuiz(quiz, key)),

    async answer(question: string, answer: string) {
      const outcome = await run(`question:${question}`, { answer }, (key) => calls.answer(question, { answer }, key));
      if (isSettled(outcome)) staff.settleQuestion(question);
      return outcome;
    },
    async dismiss(question: string) {
      const outcome = await run(`question:${question}`, "dismiss", (key) => calls.dismiss(question, key));
      if (isSettled(outcome)) staff.settleQuestion(question);
      return outcome;
    },

    async approve(line: string) {
      const outcome = await run(`held:${line}`, "approve", (key) => calls.approve(line, key));
      if (isSettled(outcome)) staff.settleHeld(line);
      return outcome;
    },
    async reject(line: string) {
      const outcome = await run(`held:${line}`, "reject", (key) => calls.reject(line, key));
      if (isSettled(outcome)) staff.settleHeld(line);
      return outcome;
    },
    /** Several held lines at once; those that a colleague has decided meanwhile are settled as well. */
    async decideHeld(verdict: HeldVerdict["verdict"], lines: readonly string[]) {
      const outcome = await run("held_together", { verdict, lines }, async (key) => {
        const outcomes: HeldOutcome[] = [];
        for (let from = 0; from < lines.length; from += TOGETHER_MAX) {
          const some = lines.slice(from, from + TOGETHER_MAX);
          outcomes.push(...(await calls.decideHeld({ verdict, lines: some }, `${key}-${from}`)).items);
        }
        return outcomes;
      });
      if (outcome.ok)
        for (const { id, ok, error } of outcome.reply)
          if (ok || error?.code === CODE.lineNotFound) staff.settleHeld(id);
      return outcome;
    },
    deleteLine: (line: string) => run(`line:${line}`, null, () => calls.deleteLine(line)),
    restoreLine: (line: string) => run(`restore:${line}`, null, (key) => calls.restoreLine(line, key)),
    /** `seconds` 0 lifts it; null is for good. `line`: the chat line it is for, as the event log tells. */
    async restrict(kind: "mute" | "ban", user: string, seconds: number | null, line?: string) {
      const body: RestrictionRequest = line === undefined ? { user, seconds } : { user, seconds, line };
      const outcome = await run(`${kind}:${user}`, body, (key) =>
        kind === "mute" ? calls.mute(body, key) : calls.ban(body, key),
      );
      if (outcome.ok) staff.refreshModeration();
      return outcome;
    },
    setSlowMode: (seconds: number) => run("slow_mode", { seconds }, (key) => calls.setSlowMode({ seconds }, key)),

    async addCamera(body: CameraRequest) {
      const outcome = await run("camera", body, (key) => calls.addCamera(body, key));
      if (outcome.ok) staff.refreshCameras();
      return outcome;
    },
    newCameraToken: (camera: string) => run(`camera_token:${camera}`, null, (key) => calls.newCameraToken(camera, key)),
    async removeCamera(camera: string) {
      const outcome = await run(`uncamera:${camera}`, null, () => calls.removeCamera(camera));
      if (outcome.ok || outcome.refusal?.code === CODE.cameraNotFound) staff.refreshCameras();
      return outcome;
    },
    /** `camera`: its id, or `slate`. One cut at a time. */
    cut: (camera: string) => run("cut", camera, (key) => calls.cut(camera, key)),
    /** The one that waits, or the choice of the camera that opens the show. */
    cancelCut: () => run("uncut", null, () => calls.cancelCut()),
    keepClip: (recording: string, body: ClipRequest) =>
      run(`clip:${recording}`, body, (key) => calls.keepClip(recording, body, key)),
    removeRecording: (recording: string) =>
      run(`unrecording:${recording}`, null, () => calls.removeRecording(recording)),
    removeClip: (clip: string) => run(`unclip:${clip}`, null, () => calls.removeClip(clip)),

    say: (text: string) => run("chat", text, () => staff.socket.emit("chat", { room: staff.id, text })),
  };
}

export type RoomCommands = ReturnType<typeof roomCommands>;

export const ROOM_COMMANDS: InjectionKey<RoomCommands> = Symbol("room commands");

/** The room that the components around belong to, and what can be done in it. */
export function useStaffRoom(): { staff: StaffRoom; commands: RoomCommands } {
  const staff = inject(STAFF_ROOM);
  const commands = inject(ROOM_COMMANDS);
  if (!staff || !commands) throw new Error("This component belongs inside a room.");
  return { staff, commands };
}
