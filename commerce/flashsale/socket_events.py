"""The socket's event of sales: `reserve`. Pure: no I/O."""

from typing import Annotated

from msgspec import Meta, Struct

from livehub.room.models import Id, Key


class Reserve(Struct, frozen=True, kw_only=True):
    """Set units of a sale aside."""

    sale: Id
    qty: Annotated[int, Meta(ge=1, le=100)]
    key: Key
