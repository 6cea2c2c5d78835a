"""Domain events of the catalogue. Pure: no I/O."""

from msgspec import Struct


class ProductChanged(Struct, frozen=True, kw_only=True, tag="product.changed", tag_field="event"):
    """Somebody changed a product. Whoever does holds its row, and rooms come before that in the order of locks, so those that
    show it are told in a transaction of their own (shelves.py).
    """

    product: str
