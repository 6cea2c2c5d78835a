"""Domain events of the stock. Pure: no I/O."""

from msgspec import Struct


class WaitlistHeld(Struct, frozen=True, kw_only=True, tag="stock.waitlist_held", tag_field="event"):
    """Somebody who stood in line for `resource` has a hold until `expires_ms` (Unix ms). `lines`: (resource, units)."""

    person: str
    key: str
    hold: str
    resource: str
    lines: tuple[tuple[str, int], ...]
    expires_ms: int
