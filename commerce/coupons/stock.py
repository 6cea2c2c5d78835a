"""A coupon as a resource of the stock engine: so many units, one for each person, until its last moment. Pure: no I/O."""

from commerce.flashsale.requests import Put, Resource, Take, Units
from livehub.room.models import CouponCard

COUPON = "coupon:"
CLAIM = "claim:"  # before the client's key, so that those of sales are others; together far less than the engine's 512 bytes
NEVER_MS = 2**62
LONG_PAST_MS = 1  # the engine goes by its own clock: what ends now is over there at once


def resource(coupon: str) -> str:
    """The resource of a coupon's units."""
    return COUPON + coupon


def offer(card: CouponCard) -> Put:
    """There is such a coupon. Its last moment is one of those in which it can be had."""
    return _put(card, NEVER_MS if card.ends_ts is None else card.ends_ts + 1)


def close(card: CouponCard) -> Put:
    """Nobody gets one any more. The engine forgets what is closed, so this is also for one of which none is left."""
    return _put(card, LONG_PAST_MS)


def take(person: str, coupon: str, key: str) -> Take:
    """One of them is somebody's for good. The same again is the same claim."""
    return Take(person, CLAIM + key, (Units(resource(coupon), 1),))


def _put(card: CouponCard, closes_ms: int) -> Put:
    return Put(Resource(id=resource(card.id), units=card.total, limits=(1, 0, 0), closes_ms=closes_ms))
