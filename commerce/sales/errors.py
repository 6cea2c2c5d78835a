"""Refusals of sales: codes 4020 to 4029. Pure: no I/O."""

from livehub.base.errors import LivehubError


class SaleNotFound(LivehubError):
    """There is no such sale."""

    code, name, status, text = 4020, "sale_not_found", 404, "There is no such sale."


class SaleClosed(LivehubError):
    """It has not begun, or is over. `opens_ts` (Unix ms) when it is known when it begins."""

    code, name, status, text = 4021, "sale_closed", 409, "This sale is not open."


class SoldOut(LivehubError):
    """There are fewer than that. `left`: how many there are; `hold`: a live hold of one's own of this sale."""

    code, name, status, text = 4022, "sold_out", 409, "Sold out."


class LimitReached(LivehubError):
    """One person may have `limit`, and `has` that many. `hold`: a live hold of one's own of this sale."""

    code, name, status, text = 4023, "limit_reached", 409, "You have as many as one person may have."


class MoreNeeded(LivehubError):
    """Under pressure the `sale` wants more than a signed-in person in the room: what it `asks` for. Ask for a `ticket`, find
    the `proof`, tap again.
    """

    code, name, status, retryable = 4024, "more_needed", 428, True
    text = "One moment. We are checking that you are a person."


class HoldNotFound(LivehubError):
    """There is no such hold of yours."""

    code, name, status, text = 4025, "hold_not_found", 404, "There is no such reservation."


class HoldOver(LivehubError):
    """It is over, bought, or being paid. `state` says which."""

    code, name, status, text = 4026, "hold_over", 409, "This reservation is over."


class NotInRoom(LivehubError):
    """Buy where it is sold: join the room of the sale first."""

    code, name, status, text = 4027, "not_in_room", 403, "Join the room of this sale first."


class AboveStock(LivehubError):
    """A sale's units are a part of the product's stock, of which `left` are free; or stock would fall below what is held and
    sold, `taken` in all.
    """

    code, name, status, text = 4028, "above_stock", 409, "There is not that much stock."


class WaitlistFull(LivehubError):
    """Too many wait for this sale already."""

    code, name, status, text = 4029, "waitlist_full", 409, "Too many people are waiting already."
