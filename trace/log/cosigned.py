"""Who has cosigned a checkpoint, by what its note says. Nothing is verified here: that is what `python -m trace verify` is for.
Pure: no I/O.
"""

from struct import unpack_from

from msgspec import Struct

from trace.log.notes import NoteError, decoded_key, key_id, read

TIME_BYTES = 8
TIME_MAX_S = 253_402_300_799  # the year 9999
SEPARATOR = ","


class Cosigned(Struct, frozen=True, kw_only=True):
    """A witness that is asked. `at_s`: when it cosigned, in seconds since 1970; None: it did not."""

    name: str
    at_s: int | None


def asked(setting: str) -> list[tuple[str, bytes]]:
    """Name and key id of those in `LIVEHUB_LOG_WITNESSES`. Raises NoteError."""
    found = []
    for each in filter(None, (part.strip() for part in setting.split(SEPARATOR))):
        name, kind, public = decoded_key(each.partition(" ")[2])
        found.append((name, key_id(name, kind, public)))
    return found


def cosigned(note: bytes | None, witnesses: list[tuple[str, bytes]]) -> list[Cosigned]:
    """What each of them has signed of a note; None: there is no checkpoint yet."""
    times: dict[tuple[str, bytes], int] = {}
    try:
        signatures = () if note is None else read(note).signatures
    except NoteError:
        signatures = ()
    for each in signatures:
        if len(each.raw) > TIME_BYTES:
            times[each.name, each.key_id] = unpack_from(">Q", each.raw)[0]
    found = [(name, times.get((name, id_))) for name, id_ in witnesses]
    return [Cosigned(name=name, at_s=at_s if at_s is not None and at_s <= TIME_MAX_S else None) for name, at_s in found]
