/** What staff do in a room, each as one named action (see actions.ts), with what it settles in the lists. */
import { inject, type InjectionKey } from "vue";
import type { Outcome } from "@kit/forms/outcome";
import { call } from "@shared/api";
import { CODE } from "@shared/refusal";
import type {
  CameraRequest,
  CardRequest,
  ClipRequest,
  CouponRequest,
  Prize,
  HeldOutcome,
  HeldVerdict,
  InvitationRequest,
  Placed,
  QuizRequest,
  RestrictionRequest,
  RoomEdit,
  SaleEdit,
  SaleRequest,
  StockChange,
} from "@shared/api-types";
import type { Show } from "@shared/wire";
import type { Actions } from "./actions";
import { STAFF_ROOM, type StaffRoom } from "./staff-room";

export const MUTE_S = 600;
/** Held lines that the server decides with one request. */
const TOGETHER_MAX = 100;

/** Done, or a colleague was faster: either way the row needs nobody any more. */
function isSettled(outcome: Outcome<unknown>): boolean {
  return outcome.ok || outcome.refusal?.code === CODE.lineNotFound || outcome.refusal?.code === CODE.questionNotFound;
}

export function roomCommands(staff: StaffRoom, actions: Actions) {
  const { id: room } = staff;
  // Its name says in which room: the key of a request is of no use in another.
  const named = (name: string): string => `${room}/${name}`;
  const run = <Reply>(name: string, body: unknown, send: (key: string) => Promise<Reply>): Promise<Outcome<Reply>> =>
    actions.run(named(name), body, send);
  /** What a card request is about, for the name of its action. */
  const about = (card: CardRequest): string => card.card ?? card.product ?? "new";

  return {
    busy: (name: string) => actions.busy(named(name)),
    setState: (status: Show["status"]) =>
      run("state", { status }, (key) =>
        call("POST /api/rooms/{room}/state", { path: { room }, body: { status }, key }),
      ),
    /** Null where nothing was changed, and nothing sent. */
    edit: (body: RoomEdit): Promise<Outcome<Placed | null>> =>
      Object.keys(body).length > 0
        ? run("edit", body, () => call("PATCH /api/rooms/{room}", { path: { room }, body }))
        : Promise.resolve({ ok: true, reply: null }),

    pin: (card: CardRequest) =>
      run(`pin:${about(card)}`, card, (key) =>
        call("POST /api/rooms/{room}/pins", { path: { room }, body: card, key }),
      ),
    unpin: () => run("unpin", null, () => call("DELETE /api/rooms/{room}/pins", { path: { room } })),
    putInBag: (card: CardRequest) =>
      run(`bag:${about(card)}`, card, (key) => call("POST /api/rooms/{room}/bag", { path: { room }, body: card, key })),
    takeFromBag: (card: string) =>
      run(`unbag:${card}`, null, () => call("DELETE /api/rooms/{room}/bag/{card}", { path: { room, card } })),

    dropCoupon: (body: CouponRequest) =>
      run("coupon", body, (key) => call("POST /api/rooms/{room}/coupons", { path: { room }, body, key })),
    endCoupon: (coupon: string) =>
      run(`coupon_end:${coupon}`, null, () =>
        call("DELETE /api/rooms/{room}/coupons/{coupon}", { path: { room, coupon } }),
      ),

    startSale: (body: SaleRequest) =>
      run("sale", body, (key) => call("POST /api/rooms/{room}/sales", { path: { room }, body, key })),
    changeSale: (sale: string, body: SaleEdit) =>
      run(`sale_change:${sale}`, body, (key) => call("PATCH /api/sales/{sale}", { path: { sale }, body, key })),
    openSale: (sale: string) =>
      run(`sale_open:${sale}`, null, (key) => call("POST /api/sales/{sale}/open", { path: { sale }, key })),
    closeSale: (sale: string) =>
      run(`sale_close:${sale}`, null, (key) => call("POST /api/sales/{sale}/close", { path: { sale }, key })),
    /** Closes it, too, if it is open. */
    removeSale: (sale: string) =>
      run(`sale_remove:${sale}`, null, () => call("DELETE /api/sales/{sale}", { path: { sale } })),
    changeStock: (product: string, body: StockChange) =>
      run(`stock:${product}`, body, (key) =>
        call("POST /api/products/{product}/stock", { path: { product }, body, key }),
      ),

    /** Null: nothing any more. Co-hosts are invited, and accept. */
    nameHost: (person: string, kind: "expert" | null) =>
      run(`host:${person}`, { kind }, (key) =>
        call("POST /api/rooms/{room}/hosts", { path: { room }, body: { person, kind }, key }),
      ),
    invite: (kind: InvitationRequest["kind"]) =>
      run(`invite:${kind}`, null, (key) =>
        call("POST /api/rooms/{room}/invitations", { path: { room }, body: { kind }, key }),
      ),
    withdraw: (invitation: string) =>
      run(`withdraw:${invitation}`, null, () =>
        call("DELETE /api/rooms/{room}/invitations/{invitation}", { path: { room, invitation } }),
      ),

    openQuiz: (body: QuizRequest) =>
      run("quiz", body, (key) => call("POST /api/rooms/{room}/quizzes", { path: { room }, body, key })),
    closeQuiz: (quiz: string) =>
      run(`quiz_close:${quiz}`, null, (key) =>
        call("POST /api/rooms/{room}/quizzes/{quiz}/close", { path: { room, quiz }, key }),
      ),

    /** `coupon`: what whoever asked gets for it. */
    async answer(question: string, answer: string, coupon: Prize | null = null) {
      const body = { answer, coupon };
      const outcome = await run(`question:${question}`, body, (key) =>
        call("POST /api/rooms/{room}/questions/{question}/answer", { path: { room, question }, body, key }),
      );
      if (isSettled(outcome)) staff.settleQuestion(question);
      return outcome;
    },
    async dismiss(question: string) {
      const outcome = await run(`question:${question}`, "dismiss", (key) =>
        call("POST /api/rooms/{room}/questions/{question}/dismiss", { path: { room, question }, key }),
      );
      if (isSettled(outcome)) staff.settleQuestion(question);
      return outcome;
    },

    async approve(line: string) {
      const outcome = await run(`held:${line}`, "approve", (key) =>
        call("POST /api/rooms/{room}/moderation/held/{line}/approve", { path: { room, line }, key }),
      );
      if (isSettled(outcome)) staff.settleHeld(line);
      return outcome;
    },
    async reject(line: string) {
      const outcome = await run(`held:${line}`, "reject", (key) =>
        call("POST /api/rooms/{room}/moderation/held/{line}/reject", { path: { room, line }, key }),
      );
      if (isSettled(outcome)) staff.settleHeld(line);
      return outcome;
    },
    /** Several held lines at once; those that a colleague has decided meanwhile are settled as well. */
    async decideHeld(verdict: HeldVerdict["verdict"], lines: readonly string[]) {
      const outcome = await run("held_together", { verdict, lines }, async (key) => {
        const outcomes: HeldOutcome[] = [];
        for (let from = 0; from < lines.length; from += TOGETHER_MAX) {
          const some = lines.slice(from, from + TOGETHER_MAX);
          const { items } = await call("POST /api/rooms/{room}/moderation/held", {
            path: { room },
            body: { verdict, lines: some },
            key: `${key}-${from}`,
          });
          outcomes.push(...items);
        }
        return outcomes;
      });
      if (outcome.ok)
        for (const { id, ok, error } of outcome.reply)
          if (ok || error?.code === CODE.lineNotFound) staff.settleHeld(id);
      return outcome;
    },
    deleteLine: (line: string) =>
      run(`line:${line}`, null, () => call("DELETE /api/rooms/{room}/chats/{line}", { path: { room, line } })),
    /** Within the seconds that the server allows for it. */
    restoreLine: (line: string) =>
      run(`restore:${line}`, null, (key) =>
        call("POST /api/rooms/{room}/chats/{line}/restore", { path: { room, line }, key }),
      ),
    /** `seconds` 0 lifts it; null is for good. `line`: the chat line it is for, as the event log tells. */
    async restrict(kind: "mute" | "ban", user: string, seconds: number | null, line?: string) {
      const body: RestrictionRequest = line === undefined ? { user, seconds } : { user, seconds, line };
      const outcome = await run(`${kind}:${user}`, body, (key) =>
        call(`POST /api/rooms/{room}/moderation/${kind}s`, { path: { room }, body, key }),
      );
      if (outcome.ok) staff.refreshModeration();
      return outcome;
    },
    setSlowMode: (seconds: number) =>
      run("slow_mode", { seconds }, (key) =>
        call("POST /api/rooms/{room}/moderation/slow-mode", { path: { room }, body: { seconds }, key }),
      ),

    async addCamera(body: CameraRequest) {
      const outcome = await run("camera", body, (key) =>
        call("POST /api/rooms/{room}/cameras", { path: { room }, body, key }),
      );
      if (outcome.ok) staff.refreshCameras();
      return outcome;
    },
    /** The old token is void from then on. */
    newCameraToken: (camera: string) =>
      run(`camera_token:${camera}`, null, (key) =>
        call("POST /api/rooms/{room}/cameras/{camera}/token", { path: { room, camera }, key }),
      ),
    async removeCamera(camera: string) {
      const outcome = await run(`uncamera:${camera}`, null, () =>
        call("DELETE /api/rooms/{room}/cameras/{camera}", { path: { room, camera } }),
      );
      if (outcome.ok || outcome.refusal?.code === CODE.cameraNotFound) staff.refreshCameras();
      return outcome;
    },
    /** `camera`: its id, or `slate`. One cut at a time. */
    cut: (camera: string) =>
      run("cut", camera, (key) => call("POST /api/rooms/{room}/cut", { path: { room }, body: { camera }, key })),
    /** The one that waits, or the choice of the camera that opens the show. */
    cancelCut: () => run("uncut", null, () => call("DELETE /api/rooms/{room}/cut", { path: { room } })),
    /** One across cameras is `making` still. */
    keepClip: (recording: string, body: ClipRequest) =>
      run(`clip:${recording}`, body, (key) =>
        call("POST /api/recordings/{recording}/clips", { path: { recording }, body, key }),
      ),
    /** Its clips stay. */
    removeRecording: (recording: string) =>
      run(`unrecording:${recording}`, null, () => call("DELETE /api/recordings/{recording}", { path: { recording } })),
    removeClip: (clip: string) =>
      run(`unclip:${clip}`, null, () => call("DELETE /api/clips/{clip}", { path: { clip } })),

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
