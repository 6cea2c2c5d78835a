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
    `over`, `bought_before`, `not_invited`, or, because of what is in the cart, `other_currency`, `nothing_eligible`,
    `no_delivery_fee`, `below_min_spend` with `missing_minor`. Order without it, or change the cart.
    """

    code, name, status, text = 4012, "coupon_not_usable", 422, "This coupon cannot be used here."


class CouponNotForYou(LivehubError):
    """This coupon is for others; the answer's `reason` says why: `bought_before` (it is for who has paid no order yet), or
    `not_invited` (it is for people who are named).
    """

    code, name, status, text = 4013, "coupon_not_for_you", 403, "This coupon is for others."


class CouponOfNoUse(LivehubError):
    """Nothing in the room's bag or sales could use this coupon: another currency, other products, sales that take no coupons,
    or a threshold that nobody can reach. Put a product into the bag first, or change the coupon.
    """

    code, name, status, text = 4014, "coupon_of_no_use", 422, "Nothing in this room could use this coupon."
