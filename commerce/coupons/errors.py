"""Refusals of coupons: codes 4010 to 4019. Pure: no I/O."""

from livehub.base.errors import LivehubError


class CouponNotFound(LivehubError):
    """No such coupon."""

    code, name, status, text = 4010, "coupon_not_found", 404, "There is no such coupon."


class CouponGone(LivehubError):
    """Every one of this coupon is taken, or its time is over."""

    code, name, status, text = 4011, "coupon_gone", 409, "This coupon is gone."
