"""What staff ask for becomes control messages, or is refused. Pure: no I/O, no clock.

Each function looks at the state as it is under the room's row lock and returns what to write next; on a refusal nothing is
written. `state.apply` then makes the new state of it.
"""

from msgspec import UNSET, UnsetType

from livehub.base.errors import BagFull, CardNotFound, CouponNotFound, ModerationFull, QuizOpenAlready
from livehub.room import show as shows
from livehub.room import wire
from livehub.room.shown import Card, Host, QuizCard, ShowStatus
from livehub.room.state import FOR_GOOD_TS, Bounds, RoomState


def show_changed(state: RoomState, status: ShowStatus, *, now_ms: int) -> wire.ShowChanged:
    """The show goes to `status`. Raises ShowTransition."""
    return wire.ShowChanged(show=shows.change(state.view.show, status, now_ms=now_ms))


def edited(
    state: RoomState,
    *,
    title: str | None,
    host: Host | None,
    poster: str | UnsetType | None,
    notice: str | None,
) -> wire.RoomEdited:
    """The room's own data change; None leaves a field as it is, and so does UNSET for the poster."""
    view = state.view
    return wire.RoomEdited(
        title=view.title if title is None else title,
        host=view.host if host is None else host,
        poster=view.poster if poster is UNSET or poster is None else poster,
        notice=view.notice if notice is None else notice,
    )


def known_card(state: RoomState, card: str) -> Card:
    """The card of that id in the bag. Raises CardNotFound."""
    for known in state.view.bag:
        if known.id == card:
            return known
    raise CardNotFound


def pinned(state: RoomState, card: Card, bounds: Bounds) -> wire.Pinned:
    """The card is being explained from now on. Raises BagFull when it is new and the bag is full."""
    _fits(state, card, bounds)
    return wire.Pinned(card=card)


def bag_put(state: RoomState, card: Card, bounds: Bounds) -> wire.BagPut:
    """The card goes into the bag. Raises BagFull."""
    _fits(state, card, bounds)
    return wire.BagPut(card=card)


def bag_removed(state: RoomState, card: str) -> wire.BagRemoved:
    """The card leaves the bag. Raises CardNotFound."""
    return wire.BagRemoved(card=known_card(state, card).id)


def coupon_ended(state: RoomState, coupon: str) -> wire.CouponEnded:
    """The coupon is shown no more. Raises CouponNotFound."""
    if all(known.id != coupon for known in state.view.coupons):
        raise CouponNotFound
    return wire.CouponEnded(coupon=coupon)


def quiz_opened(state: RoomState, quiz: QuizCard) -> wire.QuizOpened:
    """The quiz opens. Raises QuizOpenAlready: one at a time, because a phone shows one."""
    if state.view.quiz is not None and state.view.quiz.status == "open":
        raise QuizOpenAlready
    return wire.QuizOpened(quiz=quiz)


def muted(state: RoomState, user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> wire.Muted:
    """`user` may not chat for `seconds` (None: for good, 0: may again). Raises ModerationFull."""
    return wire.Muted(user=user, until_ts=_until(state.mutes, user, seconds, now_ms=now_ms, bounds=bounds))


def banned(state: RoomState, user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> wire.Banned:
    """`user` is out of the room for `seconds` (None: for good, 0: may come again). Raises ModerationFull."""
    return wire.Banned(user=user, until_ts=_until(state.bans, user, seconds, now_ms=now_ms, bounds=bounds))


def _fits(state: RoomState, card: Card, bounds: Bounds) -> None:
    known = any(other.id == card.id for other in state.view.bag)
    if not known and len(state.view.bag) >= bounds.bag_max:
        raise BagFull


def _until(entries: dict[str, int], user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> int:
    if seconds == 0:
        return 0
    standing = [other for other, until in entries.items() if until > now_ms and other != user]
    if len(standing) >= bounds.restrictions_max:
        raise ModerationFull
    return FOR_GOOD_TS if seconds is None else now_ms + seconds * 1000
