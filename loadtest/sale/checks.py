"""What has to be true after a sale, whatever happened in it. Pure: no I/O.

Held against each other: what buyers were told, what the server says of the sale and of the stock, and what some of the
buyers find when they ask for their holds.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from loadtest.sale.results import Plan
from loadtest.sale.taps import Tapped

SOLD_OUT = "sold_out"  # the name in a refusal's reason
TOLD_MAX = 5  # complaints of one kind that are printed


class Standing(Struct, frozen=True, kw_only=True):
    """A sale as the server tells it afterwards."""

    units: int
    held: int
    sold: int
    left: int


class Stock(Struct, frozen=True, kw_only=True):
    """A product's stock as the server tells it."""

    on_hand: int
    held: int
    sold: int


class OwnHold(Struct, frozen=True, kw_only=True):
    """A hold of this sale that a buyer finds among their own."""

    id: str
    state: str
    units: int


class Facts(Struct, frozen=True, kw_only=True):
    """All that is known. `own`: of some buyers, by their number; `stock` before and after; `faults` of the control log."""

    plan: Plan
    buyers: list[Tapped]
    sale: Standing
    stock: tuple[Stock, Stock]
    own: Mapping[int, Sequence[OwnHold]]
    faults: Mapping[str, int]


def _told_units(facts: Facts) -> int:
    holds = {told.hold: told.units for buyer in facts.buyers for told in buyer.told if told.hold}
    return sum(holds.values())


def every_tap_answered(facts: Facts) -> list[str]:
    """Each buyer has an answer, each tap has one, none has two."""
    without = [n for n, buyer in enumerate(facts.buyers) if buyer.answer is None]
    lost = [n for n, buyer in enumerate(facts.buyers) if buyer.lost]
    doubled = [n for n, buyer in enumerate(facts.buyers) if buyer.doubled]
    return [
        *(f"buyer {n} tapped {facts.buyers[n].taps} times and was not answered" for n in without),
        *(f"buyer {n} was not answered {facts.buyers[n].lost} times" for n in lost if n not in without),
        *(f"buyer {n} was answered twice for one tap" for n in doubled),
    ]


def nothing_oversold(facts: Facts) -> list[str]:
    """Not by what was told, nor by what is kept."""
    complaints = []
    told, sale, stock = _told_units(facts), facts.sale, facts.stock[1]
    if told > facts.plan.units:
        complaints.append(f"{told} units were told of, of {facts.plan.units}")
    if sale.held + sale.sold > sale.units:
        complaints.append(f"the sale has {sale.held} held and {sale.sold} sold of {sale.units}")
    if stock.held + stock.sold > stock.on_hand:
        complaints.append(f"the product has {stock.held} held and {stock.sold} sold of {stock.on_hand}")
    return complaints


def nothing_falsely_refused(facts: Facts) -> list[str]:
    """Nobody is told "sold out" of what is there in the end: nothing came back meanwhile."""
    plan, left = facts.plan, facts.sale.left
    if left < plan.qty:
        return []
    refused = [
        n
        for n, buyer in enumerate(facts.buyers)
        if any(SOLD_OUT in told.reason.split() and told.is_final for told in buyer.told)
    ]
    return [f"buyer {n} was told that all are sold, and {left} are left" for n in refused]


def as_much_held_as_possible(facts: Facts) -> list[str]:
    """All units, or one for everybody who wants one."""
    expected = facts.plan.sellable
    return [] if facts.sale.held == expected else [f"{facts.sale.held} units are held, and not {expected}"]


def one_key_one_answer(facts: Facts) -> list[str]:
    """Whoever asks again under a key is told the same: one hold; and never one and then none."""
    complaints = []
    for n, buyer in enumerate(facts.buyers):
        final = {(told.hold, told.reason if not told.hold else "") for told in buyer.told if told.is_final}
        if len({hold for hold, _ in final}) > 1:
            complaints.append(f"buyer {n} was told {sorted(hold or reason for hold, reason in final)}")
    return complaints


def one_hold_one_person(facts: Facts) -> list[str]:
    """No hold is two people's."""
    owners: dict[str, set[int]] = {}
    for n, buyer in enumerate(facts.buyers):
        for told in buyer.told:
            owners.setdefault(told.hold, set()).add(n)
    return [f"hold {hold} is of buyers {sorted(whose)}" for hold, whose in owners.items() if hold and len(whose) > 1]


def as_many_as_asked_for(facts: Facts) -> list[str]:
    """A hold has just what was asked for, and nobody has more than one may."""
    plan, complaints = facts.plan, []
    for n, buyer in enumerate(facts.buyers):
        holds = {told.hold: told.units for told in buyer.told if told.hold}
        complaints += [
            f"buyer {n} has {units} and asked for {plan.qty}" for units in holds.values() if units != plan.qty
        ]
        if sum(holds.values()) > plan.per_person_max:
            complaints.append(f"buyer {n} has {sum(holds.values())}, and may have {plan.per_person_max}")
    return complaints


def told_is_kept(facts: Facts) -> list[str]:
    """What buyers were told adds up to what the server says, of the sale and of the product."""
    complaints = []
    told, sale, (before, after) = _told_units(facts), facts.sale, facts.stock
    if told != sale.held:
        complaints.append(f"{told} units were told of, and the sale has {sale.held} held")
    if after.held - before.held != sale.held:
        complaints.append(f"the sale has {sale.held} held, and the product {after.held - before.held} more than before")
    free = min(sale.units - sale.held - sale.sold, after.on_hand - after.held - after.sold)
    if sale.left != free:
        complaints.append(f"{sale.left} are left, says the sale, and {free} are free")
    return complaints


def holders_find_their_hold(facts: Facts) -> list[str]:
    """Of those who were asked: whoever was told of a hold has it, and whoever was not has none."""
    complaints = []
    for n, found in facts.own.items():
        told = {told.hold for told in facts.buyers[n].told if told.hold}
        live = {hold.id for hold in found if hold.state == "held" and hold.units == facts.plan.qty}
        if told != {hold.id for hold in found} or told != live:
            seen = [f"{hold.id} {hold.state} {hold.units}" for hold in found]
            complaints.append(f"buyer {n} was told of {sorted(told)}, and finds {seen}")
    return complaints


def no_control_message_lost(facts: Facts) -> list[str]:
    """Nobody in the room missed one, or got one twice."""
    return [f"{fault}: {times}" for fault, times in facts.faults.items()]


INVARIANTS: tuple[Callable[[Facts], list[str]], ...] = (
    every_tap_answered,
    nothing_oversold,
    nothing_falsely_refused,
    as_much_held_as_possible,
    one_key_one_answer,
    one_hold_one_person,
    as_many_as_asked_for,
    told_is_kept,
    holders_find_their_hold,
    no_control_message_lost,
)


def broken(facts: Facts) -> dict[str, list[str]]:
    """By the name of the invariant, what broke it; those that hold are not in it."""
    found = {invariant.__name__: invariant(facts) for invariant in INVARIANTS}
    return {name: _shortened(complaints) for name, complaints in found.items() if complaints}


def _shortened(complaints: list[str]) -> list[str]:
    more = len(complaints) - TOLD_MAX
    return complaints if more <= 0 else [*complaints[:TOLD_MAX], f"and {more:,} more"]
