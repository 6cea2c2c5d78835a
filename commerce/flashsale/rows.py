"""What PostgreSQL keeps of the stock: the rows that make a batch durable, and from which a book is restored. Pure: no I/O."""

from msgspec import Struct

from commerce.flashsale.requests import Units


class HoldRow(Struct, frozen=True):
    """A hold as PostgreSQL keeps it. `asked`: what was asked for, which tells whether a key comes again with the same body;
    `has`: units held, confirmed in the end, in the same order.
    """

    id: str
    person: str
    key: str
    also: tuple[str, str]
    state: int
    expires_ms: int
    asked: tuple[Units, ...]
    has: tuple[int, ...]


class ChangedHold(Struct, frozen=True):
    """What has changed of a hold that PostgreSQL has, or gets in the same batch."""

    id: str
    state: int
    expires_ms: int
    has: tuple[int, ...]


class ResourceRow(Struct, frozen=True):
    """Units of a resource after the batch."""

    id: str
    units: int
    held: int
    sold: int


class Changes(Struct, frozen=True):
    """What one commit has to make durable. `aliases`: (person, whom), None when it was undone."""

    holds: list[HoldRow]
    changed: list[ChangedHold]
    resources: list[ResourceRow]
    aliases: list[tuple[str, str | None]]

    def __bool__(self) -> bool:
        return bool(self.holds or self.changed or self.resources or self.aliases)
