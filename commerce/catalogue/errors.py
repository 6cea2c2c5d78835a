"""Refusals of the catalogue and of what a room shows of it: codes 2040 to 2049, 4000 to 4009. Pure: no I/O."""

from livehub.base.errors import LivehubError


class BagFull(LivehubError):
    """The room's bag holds as many products as it may."""

    code, name, status, text = 2040, "bag_full", 409, "The bag is full."


class CardNotFound(LivehubError):
    """The product is not in this room's bag."""

    code, name, status, text = 2041, "card_not_found", 404, "There is no such product in the bag."


class ProductNotFound(LivehubError):
    """No such product in the catalogue."""

    code, name, status, text = 4000, "product_not_found", 404, "There is no such product."
