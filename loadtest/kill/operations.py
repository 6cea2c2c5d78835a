"""What people asked and were answered in a run, and what PostgreSQL had in the end. Pure: no I/O.

Times are seconds since the run began, by the one clock of whoever plays the people: no step of a server's clock is in them.
"""

from msgspec import Struct

LIVE = ("held", "closing")  # states of a hold; the others are for good
OVER = ("confirmed", "released", "expired")


class Line(Struct, frozen=True, array_like=True):
    """So many units of a sale."""

    sale: str
    qty: int


class Seen(Struct, frozen=True, kw_only=True):
    """A hold, as an answer shows it."""

    id: str
    state: str
    lines: tuple[Line, ...]
    expires_s: float


class Operation(Struct, frozen=True, kw_only=True):
    """One message to a server, `reserve`, `wait`, `release`, `unwait` or `holds` (GET /api/me/holds), and its answer.

    `answer`: "held", "waiting", "done", "holds", or the name of a refusal; "" without one, and then `end_s` is None: what was
    asked for may be done at any time. `is_final`: an answer that does not ask to come again. `state`: of `hold`, if a refusal
    says. `via`: which worker.
    """

    kind: str
    person: str
    start_s: float
    end_s: float | None = None
    key: str = ""
    hold: str = ""
    lines: tuple[Line, ...] = ()
    answer: str = ""
    is_final: bool = False
    holds: tuple[Seen, ...] = ()
    state: str = ""
    via: str = ""


class Sale(Struct, frozen=True, kw_only=True):
    """What was on sale."""

    id: str
    product: str
    units: int
    per_person_max: int


class Took(Struct, frozen=True, array_like=True):
    """What a hold asked for of a resource, and has by now."""

    resource: str
    asked: int
    has: int


class HoldRow(Struct, frozen=True, kw_only=True):
    """A row of `stock_holds`; `made_s`: when, by the engine's clock, as its id tells."""

    id: str
    person: str
    key: str
    state: str
    made_s: float
    expires_s: float
    lines: tuple[Took, ...]

    def qty(self, resource: str) -> int:
        """Units that it asked for of a resource."""
        return sum(line.asked for line in self.lines if line.resource == resource)


class ResourceRow(Struct, frozen=True, kw_only=True):
    """A row of `stock_resources`."""

    id: str
    units: int
    held: int
    sold: int


class WaitRow(Struct, frozen=True, kw_only=True):
    """A row of `stock_waits`: somebody who is still in line."""

    resource: str
    person: str
    key: str


class EpochRow(Struct, frozen=True, kw_only=True):
    """A row of `stock_epochs`."""

    epoch: int
    now_ms: int
    is_over: bool


class History(Struct, frozen=True, kw_only=True):
    """A run. `products`: units of each; `read_s`: when the rows were read, with nothing under way any more. `ordered`: since
    when somebody may have ordered a hold, from when on others than its owner may end it, or let it last; `returned`: units that
    orders gave back to a resource.
    """

    sales: list[Sale]
    products: dict[str, int]
    hold_ttl_s: float
    wait_ttl_s: float
    operations: list[Operation]
    holds: list[HoldRow]
    resources: list[ResourceRow]
    waits: list[WaitRow]
    epochs: list[EpochRow]
    read_s: float
    ordered: dict[str, float] = {}
    returned: dict[str, int] = {}


OF_ORDERS = ("order:", "late:")  # begin the keys of holds that orders make


def quota(sale: str) -> str:
    """The resource that is a sale's units."""
    return f"sale:{sale}"


def stock(product: str) -> str:
    """The resource that is a product's units."""
    return f"product:{product}"
