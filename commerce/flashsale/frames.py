"""What is in the frames between a process and the stock engine. Pure: no I/O."""

import msgspec
from msgspec import Struct

from commerce.flashsale.requests import REQUESTS, Answer


class Asked(Struct, frozen=True, array_like=True, gc=False):
    """To the engine: a request, under a number of the process's own."""

    number: int
    request: REQUESTS


class Answered(Struct, frozen=True, array_like=True, gc=False):
    """From the engine: the answer to that number."""

    number: int
    answer: Answer


class UnitsOf(Struct, frozen=True, array_like=True, gc=False):
    """Units of a resource, as they are in PostgreSQL."""

    id: str
    units: int
    held: int
    sold: int


class FromEngine(Struct, frozen=True, array_like=True):
    """One frame. `epoch`: of the leadership in which it is said; a frame with nothing else says that it lasts."""

    epoch: int
    answers: list[Answered] = []
    units: list[UnitsOf] = []


encode = msgspec.msgpack.Encoder().encode
decode_asked = msgspec.msgpack.Decoder(list[Asked]).decode
decode_from_engine = msgspec.msgpack.Decoder(FromEngine).decode
