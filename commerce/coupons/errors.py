"""Refusals of coupons: codes 4010 to 4019. Pure: no I/O."""

from livehub.base.errors import LivehubError


class CouponNotFound(LivehubError):
    """No such coupon."""

    code, name, status, text = 4010, "coupon_not_found", 404, "There is no such coupon."


class CouponGone(LivehubError):
    """Every one of this coupon is taken, or its time is over."""

    code, name, status, text = 4011, "coupon_gone", 409, "This coupon is gone."


class CouponNotUsable(LivehubError):
    """An order cannot have this coupon; the answer's `reason` says why: `locked` or `used` by another order, `not_started`,
    `over`, `bought_before` (for new buyers), or, because of what is in the cart, `other_currency`, `nothing_eligible`,
    `no_delivery_fee`, `below_min_spend` with `missing_minor`. Order without it, or change the cart.
    """

    code, name, status, text = 4012, "coupon_not_usable", 422, "This coupon cannot be used here."
