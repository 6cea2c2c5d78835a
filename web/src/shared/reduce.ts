/** What a control message makes of a room's view. Pure; the same rules as in livehub/room/state.py. */
import type { BagPut, ChatLine, Control, ControlData, CouponShown, Pinned, Question, RoomView } from "./wire";

/** The bounds of a view's lists, as in livehub/room/state.py. */
export const BAG_MAX = 100;
export const COUPONS_MAX = 10;
export const QUESTIONS_MAX = 50;

type Card = Pinned["card"];
type Coupon = CouponShown["coupon"];

/** The view after one control message. Gives the same object when nothing in the view changes. */
export function applyControl(view: RoomView, control: Control): RoomView {
  return applyData(view, control.data);
}

function applyData(view: RoomView, data: ControlData): RoomView {
  switch (data.type) {
    case "show":
      return { ...view, show: data.show };
    case "room":
      return { ...view, title: data.title, host: data.host, poster: data.poster, notice: data.notice };
    case "pin":
      return { ...view, pin: data.card, bag: putCard(view.bag, data) };
    case "unpin":
      return { ...view, pin: null };
    case "bag_put":
      return { ...view, bag: putCard(view.bag, data), pin: view.pin?.id === data.card.id ? data.card : view.pin };
    case "bag_remove":
      return {
        ...view,
        bag: view.bag.filter((card) => card.id !== data.card),
        pin: view.pin?.id === data.card ? null : view.pin,
      };
    case "coupon":
      return { ...view, coupons: putCoupon(view.coupons, data.coupon) };
    case "coupon_end":
      return { ...view, coupons: view.coupons.filter((coupon) => coupon.id !== data.coupon) };
    case "quiz_open":
      return { ...view, quiz: data.quiz };
    case "quiz_close":
      return withQuiz(view, data.quiz, (quiz) => ({ ...quiz, status: "closed" }));
    case "quiz_result":
      return withQuiz(view, data.quiz, (quiz) => ({ ...quiz, status: "closed", result: data.result }));
    case "question":
      return { ...view, questions: putQuestion(view.questions, data.question) };
    case "slow_mode":
      return { ...view, slow_mode_s: data.seconds };
    case "camera":
      return { ...view, program: data.program };
    case "chat_delete":
    case "mute":
    case "ban":
      return view;
    default:
      // A newer server may send what this page does not know yet; it must not break the rest.
      return view;
  }
}

/** A known card changes in place; a new one comes first. */
function putCard(bag: Card[], { card }: Pinned | BagPut): Card[] {
  if (bag.some((other) => other.id === card.id)) return bag.map((other) => (other.id === card.id ? card : other));
  return [card, ...bag].slice(0, BAG_MAX);
}

function putCoupon(coupons: Coupon[], coupon: Coupon): Coupon[] {
  return [coupon, ...coupons.filter((other) => other.id !== coupon.id)].slice(0, COUPONS_MAX);
}

function putQuestion(questions: Question[], question: Question): Question[] {
  return [question, ...questions.filter((other) => other.id !== question.id)].slice(0, QUESTIONS_MAX);
}

function withQuiz(view: RoomView, id: string, change: (quiz: NonNullable<RoomView["quiz"]>) => RoomView["quiz"]): RoomView {
  return view.quiz?.id === id ? { ...view, quiz: change(view.quiz) } : view;
}

/** The chat lines left after a control message: a deleted line goes, and all lines of a banned person. */
export function withoutModerated(lines: ChatLine[], data: ControlData): ChatLine[] {
  if (data.type === "chat_delete") return lines.filter((line) => line.id !== data.line);
  if (data.type === "ban" && data.until_ts !== 0) return lines.filter((line) => line.user !== data.user);
  return lines;
}

/** Lines after more came: each once, the newest `max`. */
export function withLines(lines: ChatLine[], more: ChatLine[], max: number): ChatLine[] {
  if (more.length === 0) return lines;
  const known = new Set(lines.map((line) => line.id));
  const fresh = more.filter((line) => !known.has(line.id));
  return fresh.length === 0 ? lines : [...lines, ...fresh].slice(-max);
}
