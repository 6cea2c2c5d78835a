"""What every change of staff has in common: the version that was read, what changed, and the word of it in the audit log."""

from typing import Any

from msgspec import UNSET, Struct, structs

from commerce.delivery.errors import DeliveryFull
from livehub.base.db import Connection
from livehub.base.endpoints import Call
from livehub.base.errors import VersionStale
from livehub.people.audit import Act, record

NOT_CHANGED = ("version", "held", "sold", "left")  # by whoever changed the rest


def changes_of(body: Struct, version: int) -> dict[str, Any]:
    """The fields that a change names. `version`: of what is there. Raises VersionStale unless it was made of that."""
    fields = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    if fields.pop("version") != version:
        raise VersionStale(details={"version": version})
    return fields


def check_room(count: int, most: int) -> None:
    """Raise DeliveryFull when there are as many as there may be."""
    if count >= most:
        raise DeliveryFull(details={"limit": most})


def difference(before: Struct, after: Struct) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that staff changed, before and after."""
    was, now = structs.asdict(before), structs.asdict(after)
    names = [name for name in was if was[name] != now[name] and name not in NOT_CHANGED]
    return {name: was[name] for name in names}, {name: now[name] for name in names}


async def write_down(
    connection: Connection, call: Call[Any], type_: str, before: Struct | None, after: Any, *, name: str = ""
) -> None:
    """Keep in the audit log what was made (`before` is None) or changed; nothing where nothing was."""
    data = {"name": name} if name else {}
    if before is None:
        shown = {key: value for key, value in structs.asdict(after).items() if key not in ("id", "version")}
        act = Act(type=type_, subject=after.id, after=shown, data=data)
    else:
        was, now = difference(before, after)
        if not now:
            return
        act = Act(type=type_, subject=after.id, before=was, after=now, data=data)
    await record(connection, [act], by=call.person, now_ms=call.now_ms)
