"""Flash sales as a module: `reserve` is on the wire, and there are no sales yet, so none has the id that is asked for."""

from collections.abc import Callable, Mapping
from typing import Any

from commerce.flashsale import errors
from commerce.flashsale.errors import SaleNotFound
from commerce.flashsale.socket_events import Reserve
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, SocketEvent, defined_in
from livehub.room import wire


class FlashSales(Part):
    def __init__(self, _context: Context) -> None:
        pass

    def socket_handlers(self) -> Mapping[str, Callable[[Any, Any], Any]]:
        """`reserve`, which is refused."""
        return {"reserve": _refuse}


def _refuse(_connection: object, _body: Reserve) -> object:
    raise SaleNotFound


FLASHSALE = Module(
    name="flashsale",
    build=FlashSales,
    errors=defined_in(errors, LivehubError),
    socket_events=(SocketEvent(name="reserve", body=Reserve, reply=wire.Done),),
)
