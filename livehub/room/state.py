"""What control messages make of a room. Pure: no I/O, no clock.

    state after offset n + control n+1  --apply-->  state after offset n+1

The same function runs where a control message is written (inside its transaction), in every process that follows the room,
and, for the public part, in web/src/shared/reduce.ts. So all of them agree, and a snapshot plus what follows it is the room.
Every list has a bound (Bounds); applying never fails, because what was committed cannot be refused any more.
"""

from functools import singledispatch

import msgspec
from msgspec import Struct

from livehub.room import wire
from livehub.room.shown import Card, CouponCard, RoomView

FOR_GOOD_TS = 253_402_300_799_000  # 9999-12-31: a restriction without an end


class Bounds(Struct, frozen=True, kw_only=True):
    """How much a room's state may hold; from configuration."""

    bag_max: int = 100
    coupons_max: int = 10
    questions_max: int = 50
    restrictions_max: int = 2_000


class RoomState(Struct, frozen=True, kw_only=True):
    """`view` is what anybody sees; `mutes` and `bans` (user id to the moment they end, Unix ms) are for the gates."""

    view: RoomView
    mutes: dict[str, int] = {}
    bans: dict[str, int] = {}


def apply(state: RoomState, data: wire.ControlData, *, ts: int, bounds: Bounds) -> RoomState:
    """The state after one more control message, which became true at `ts` (Unix ms)."""
    if isinstance(data, wire.Muted):
        return msgspec.structs.replace(state, mutes=_restricted(state.mutes, data.user, data.until_ts, ts, bounds))
    if isinstance(data, wire.Banned):
        return msgspec.structs.replace(state, bans=_restricted(state.bans, data.user, data.until_ts, ts, bounds))
    return msgspec.structs.replace(state, view=_seen(data, state.view, bounds))


def muted_for_ms(state: RoomState, user: str, now_ms: int) -> int:
    """How long `user` stays muted, 0 when not."""
    return max(0, state.mutes.get(user, 0) - now_ms)


def is_banned(state: RoomState, user: str, now_ms: int) -> bool:
    """Whether `user` is banned now."""
    return state.bans.get(user, 0) > now_ms


def _restricted(entries: dict[str, int], user: str, until_ts: int, ts: int, bounds: Bounds) -> dict[str, int]:
    kept = {other: until for other, until in entries.items() if until > ts and other != user}
    if until_ts > ts:
        kept[user] = until_ts
    while len(kept) > bounds.restrictions_max:  # decide.py refuses before this; it stays as the bound of the state
        # By name among those that end together, because a state read from jsonb has its entries in another order.
        del kept[min(kept, key=lambda other: (kept[other], other))]
    return kept


def _put(bag: tuple[Card, ...], card: Card, bounds: Bounds) -> tuple[Card, ...]:
    """A known card changes in place; a new one comes first."""
    if any(known.id == card.id for known in bag):
        return tuple(card if known.id == card.id else known for known in bag)
    return (card, *bag)[: bounds.bag_max]


def _without(coupons: tuple[CouponCard, ...], coupon: str) -> tuple[CouponCard, ...]:
    return tuple(known for known in coupons if known.id != coupon)


@singledispatch
def _seen(_data: wire.ControlData, view: RoomView, _bounds: Bounds) -> RoomView:
    """What a message does to the view; one that is only passed on (a deleted line) does nothing."""
    return view


@_seen.register
def _(data: wire.ShowChanged, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, show=data.show)


@_seen.register
def _(data: wire.RoomEdited, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, title=data.title, host=data.host, poster=data.poster, notice=data.notice)


@_seen.register
def _(data: wire.Pinned, view: RoomView, bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, pin=data.card, bag=_put(view.bag, data.card, bounds))


@_seen.register
def _(_data: wire.Unpinned, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, pin=None)


@_seen.register
def _(data: wire.BagPut, view: RoomView, bounds: Bounds) -> RoomView:
    pin = data.card if view.pin is not None and view.pin.id == data.card.id else view.pin
    return msgspec.structs.replace(view, pin=pin, bag=_put(view.bag, data.card, bounds))


@_seen.register
def _(data: wire.BagRemoved, view: RoomView, _bounds: Bounds) -> RoomView:
    pin = None if view.pin is not None and view.pin.id == data.card else view.pin
    return msgspec.structs.replace(view, pin=pin, bag=tuple(card for card in view.bag if card.id != data.card))


@_seen.register
def _(data: wire.CouponShown, view: RoomView, bounds: Bounds) -> RoomView:
    coupons = (data.coupon, *_without(view.coupons, data.coupon.id))[: bounds.coupons_max]
    return msgspec.structs.replace(view, coupons=coupons)


@_seen.register
def _(data: wire.CouponEnded, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, coupons=_without(view.coupons, data.coupon))


@_seen.register
def _(data: wire.QuizOpened, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, quiz=data.quiz)


@_seen.register
def _(data: wire.QuizClosed, view: RoomView, _bounds: Bounds) -> RoomView:
    if view.quiz is None or view.quiz.id != data.quiz:
        return view
    return msgspec.structs.replace(view, quiz=msgspec.structs.replace(view.quiz, status="closed"))


@_seen.register
def _(data: wire.QuizDecided, view: RoomView, _bounds: Bounds) -> RoomView:
    if view.quiz is None or view.quiz.id != data.quiz:
        return view
    return msgspec.structs.replace(view, quiz=msgspec.structs.replace(view.quiz, status="closed", result=data.result))


@_seen.register
def _(data: wire.QuestionAnswered, view: RoomView, bounds: Bounds) -> RoomView:
    others = tuple(known for known in view.questions if known.id != data.question.id)
    return msgspec.structs.replace(view, questions=(data.question, *others)[: bounds.questions_max])


@_seen.register
def _(data: wire.SlowModeSet, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, slow_mode_s=data.seconds)


@_seen.register
def _(data: wire.CameraSwitched, view: RoomView, _bounds: Bounds) -> RoomView:
    return msgspec.structs.replace(view, program=data.program)
