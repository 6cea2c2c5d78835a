"""What PostgreSQL keeps of the stock: the rows that make a batch durable, and from which a book is restored. Pure: no I/O."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from commerce.flashsale.requests import Adjust, Resource, Units, Wait


class HoldRow(Struct, frozen=True, gc=False):
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


class HoldGroup(Struct, frozen=True):
    """Many holds that are alike but for who has them: their ids, people, keys (None: none), two more limit keys (None:
    they have none), times.
    """

    state: int
    asked: tuple[Units, ...]
    has: tuple[int, ...]
    ids: Sequence[str]
    people: Sequence[str]
    keys: Sequence[str | None]
    also: tuple[Sequence[str] | None, Sequence[str] | None]
    expires_ms: Sequence[int]


def grouped(rows: Iterable[HoldRow]) -> list[HoldGroup]:
    """Rows, those that are alike together."""
    groups: dict[tuple[int, tuple[Units, ...], tuple[int, ...]], list[HoldRow]] = {}
    for row in rows:
        groups.setdefault((row.state, row.asked, row.has), []).append(row)
    return [
        HoldGroup(
            state,
            asked,
            has,
            ids=[row.id for row in alike],
            people=[row.person for row in alike],
            keys=[row.key for row in alike],
            also=([row.also[0] for row in alike], [row.also[1] for row in alike]),
            expires_ms=[row.expires_ms for row in alike],
        )
        for (state, asked, has), alike in groups.items()
    ]


class ChangedHold(Struct, frozen=True, gc=False):
    """What has changed of a hold that PostgreSQL has, or gets in the same batch."""

    id: str
    state: int
    expires_ms: int
    has: tuple[int, ...]


class ResourceRow(Struct, frozen=True, gc=False):
    """Units of a resource after the batch."""

    id: str
    units: int
    held: int
    sold: int


class WaitRow(Struct, frozen=True):
    """Somebody who waits for `wait.lines[0].resource`; whoever has the lesser `place` comes first."""

    place: int
    wait: Wait


class Granted(Struct, frozen=True):
    """Somebody who waited has got a hold."""

    wait: Wait
    hold: str
    expires_ms: int


class Changes(Struct):
    """What one commit has to make durable. `aliases`: (person, whom), None when it was undone; `resources` by id, as they are
    in the end; `puts`: those that are new, or whose times and limits changed; `unwaits` ((resource, person)) go before
    `waits`; `adjusted`: adjustments that had a key; `retired`: resources that nobody needs to know any more.
    """

    holds: list[HoldRow] = []
    changed: list[ChangedHold] = []
    resources: dict[str, ResourceRow] = {}
    aliases: list[tuple[str, str | None]] = []
    puts: list[Resource] = []
    waits: list[WaitRow] = []
    unwaits: list[tuple[str, str]] = []
    granted: list[Granted] = []
    adjusted: list[Adjust] = []
    retired: list[str] = []

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__)

    def add(self, later: "Changes") -> None:
        """What was decided after this, too."""
        for name in self.__struct_fields__:
            if name == "resources":
                self.resources.update(later.resources)
            else:
                getattr(self, name).extend(getattr(later, name))
