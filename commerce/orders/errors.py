"""Refusals of orders: codes 4030 to 4049. Pure: no I/O."""

from livehub.base.errors import LivehubError


class PriceChanged(LivehubError):
    """It costs more than the buyer was shown. `quote`: what it costs now; show that, and order with its total."""

    code, name, status, text = 4030, "price_changed", 409, "The price has changed. Look at it again."


class OrderNotFound(LivehubError):
    """There is no such order of yours."""

    code, name, status, text = 4031, "order_not_found", 404, "There is no such order."


class OrderState(LivehubError):
    """That cannot be done with the order any more, or not yet. `state` says where it stands."""

    code, name, status, text = 4032, "order_state", 409, "The order is not in a state for this."


class NotOnSale(LivehubError):
    """One of the products cannot be bought now. `product` says which."""

    code, name, status, text = 4033, "not_on_sale", 409, "This product is not on sale."


class SeveralCurrencies(LivehubError):
    """The lines have prices in different currencies. Order them apart."""

    code, name, status, text = 4034, "several_currencies", 422, "These products cannot be ordered together."


class OrderTooLarge(LivehubError):
    """There are more lines in it than one order takes, or it comes to more than can be paid. Order in parts. With `product` and
    `limit`: more units of that product than one order takes.
    """

    code, name, status, text = 4035, "order_too_large", 422, "This is too much for one order."


class AddressNeeded(LivehubError):
    """Nothing can be delivered without an address. Give one."""

    code, name, status, text = 4036, "address_needed", 422, "Choose an address first."


class CartFull(LivehubError):
    """A cart has room for `limit` products. Take something out."""

    code, name, status, text = 4037, "cart_full", 422, "There is no more room in the cart."


class TooManyUnpaid(LivehubError):
    """They have `limit` orders that are not paid, and no more may wait for money. Pay one, or cancel one."""

    code, name, status, text = 4038, "too_many_unpaid", 409, "Pay for your other orders first, or cancel one."


class GiftGone(LivehubError):
    """A gift that the buyer was shown has been given away. `quote`: what comes without it; show that, and order with its
    `gifts_gone` as `without_gifts`.
    """

    code, name, status, text = 4039, "gift_gone", 409, "A gift has been given away. Look at it again."
