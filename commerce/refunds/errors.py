"""Refusals of refunds: codes 4080 to 4089. Pure: no I/O. Of what was refused nothing was changed."""

from livehub.base.errors import LivehubError


class RefundExceeds(LivehubError):
    """More than is left of the order: `line` has no such unit, or `units` of it were paid back, or sent again, already.
    `left_minor`: what is left of the whole order. Look at it again.
    """

    code, name, status, text = 4080, "refund_exceeds", 422, "That is more than is left to refund."


class RefundNotFound(LivehubError):
    """There is no such refund, or it is not one of yours."""

    code, name, status, text = 4081, "refund_not_found", 404, "There is no such refund."


class NothingToRefund(LivehubError):
    """Nothing was paid for what was named, so nothing goes back."""

    code, name, status, text = (
        4082,
        "nothing_to_refund",
        422,
        "Nothing was paid for this, so there is nothing to refund.",
    )


class NotWeighed(LivehubError):
    """`line` is not sold by weight, or this unit of it was weighed before with another result."""

    code, name, status, text = 4083, "not_weighed", 422, "This unit can't be settled by weight."
