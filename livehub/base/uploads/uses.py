"""An upload comes into use: its id becomes the address that viewers get, and it is kept from then on.

Who takes a picture (a poster, a card's image) takes an address, as ever, or the id of an upload; in what is stored and sent to
viewers stand addresses only.
"""

import re

from livehub.base.auth import Identity
from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.base.uploads.errors import UploadNotFound

Q = queries(__file__, "uploads.sql")

ID = r"[0-9a-hjkmnp-tv-z]{18}"  # as base/ids.py makes them
_ID = re.compile(ID)
_ADDRESS = re.compile(rf"/uploads/({ID})/(?:large|small)\.webp")
ADDRESS_OR_ID = re.compile(rf"{ID}|/uploads/{ID}/(?:large|small)\.webp")  # for whoever takes uploads alone


def address(id_: str, size: str = "large") -> str:
    """Where an upload's `size` is, large or small: a path of ours."""
    return f"/uploads/{id_}/{size}.webp"


def small_of(picture: str) -> str:
    """The small size of a picture at an address of `address`; any other address as it is."""
    found = _ADDRESS.fullmatch(picture)
    return address(found[1], "small") if found is not None else picture


async def picture(
    connection: Connection, given: str | None, *, by: Identity, used_as: str, field: str, now_ms: int
) -> str | None:
    """The address of a picture that `by` gave as an upload's id or as an address.

    Raises UploadNotFound, with the `field` it was given in, for an id that is not there, or neither theirs nor in use. An
    address is taken as it is; if it is that of an upload of theirs, the upload is in use now as well.
    """
    if given is None:
        return None
    if _ID.fullmatch(given):
        if not await connection.fetchval(Q["use"], given, by.id, used_as, now_ms):
            raise UploadNotFound(details={"field": field})
        return address(given)
    if of_upload := _ADDRESS.fullmatch(given):
        await connection.fetchval(Q["use"], of_upload[1], by.id, used_as, now_ms)
    return given
