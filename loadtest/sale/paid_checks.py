"""What has to be true when buyers have paid, whatever happened. Pure: no I/O.

Held against each other: what buyers were told, orders and refunds as staff see them, some orders as buyers do, how the sale
stands, and what the shop says of its own books (`python -m livehub reconcile`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from loadtest.sale.checks import TOLD_MAX, Standing, Stock
from loadtest.sale.purchases import Purchase


class ListedOrder(Struct, frozen=True, kw_only=True):
    """An order of the room, as staff see it."""

    id: str
    state: str
    total_minor: int
    paid_minor: int
    refunded_minor: int
    units: int


class OwnOrder(Struct, frozen=True, kw_only=True):
    """An order as its buyer sees it; `payments`: the states of those by id."""

    id: str
    state: str
    payments: Mapping[str, str]
    refunds: int


class PaidFacts(Struct, frozen=True, kw_only=True):
    """All that is known. `own`: of some orders; `stock` before and after; `books`: differences that the shop itself finds."""

    purchases: Sequence[Purchase]
    orders: Sequence[ListedOrder]
    own: Sequence[OwnOrder]
    refunds: int
    sale: Standing
    stock: tuple[Stock, Stock]
    books: Sequence[str]
    faults: Mapping[str, int]

    @property
    def known(self) -> Mapping[str, ListedOrder]:
        """Orders by id."""
        return {order.id: order for order in self.orders}


def every_buyer_answered(facts: PaidFacts) -> list[str]:
    """Nobody waited for an answer in vain, or was refused what there is."""
    return [
        f"{times} times: {reason}"
        for reason, times in Counter(each.failed for each in facts.purchases).items()
        if reason
    ]


def told_orders_are_there(facts: PaidFacts) -> list[str]:
    """With the total that was told; and there is none that nobody was told of."""
    known, told = facts.known, {each.order: each for each in facts.purchases if each.order}
    complaints = []
    for id_, purchase in told.items():
        order = known.get(id_)
        if order is None or order.total_minor != purchase.total_minor:
            complaints.append(f"order {id_} of {purchase.total_minor} is {order}")
    unsure = sum(each.failed.startswith("order: no answer") for each in facts.purchases)
    more = [id_ for id_ in known if id_ not in told]
    return complaints + ([f"order {id_} was told to nobody" for id_ in more] if len(more) > unsure else [])


def paid_is_paid(facts: PaidFacts) -> list[str]:
    """Whoever saw "paid" has paid: all of it, and nothing of it went back."""
    known = facts.known
    return [
        f"order {each.order} was told as paid, and is {order}"
        for each in facts.purchases
        if each.paid_s >= 0
        and ((order := known.get(each.order)) is None or order.state != "paid" or order.paid_minor != each.total_minor)
    ]


def no_order_is_paid_twice(facts: PaidFacts) -> list[str]:
    """One payment each, which is the one that was told; nobody's money had to go back."""
    payments = {each.order: each.payment for each in facts.purchases if each.paid_s >= 0}
    complaints = [
        f"order {order.id} has the payments {dict(order.payments)}, and {payments[order.id]} was told"
        for order in facts.own
        if order.id in payments and dict(order.payments) != {payments[order.id]: "paid"}
    ]
    if facts.refunds:
        complaints.append(f"{facts.refunds} refunds were made, and nobody asked for one")
    return complaints + [
        f"of order {order.id} {order.refunded_minor} went back" for order in facts.orders if order.refunded_minor
    ]


def one_hold_one_order(facts: PaidFacts) -> list[str]:
    """No hold was told twice, no order for two holds."""
    holds, orders = (
        Counter(getattr(each, name) for each in facts.purchases if getattr(each, name)) for name in ("hold", "order")
    )
    return [f"{id_} was told {times} times" for id_, times in [*holds.items(), *orders.items()] if times > 1]


def units_are_those_of_orders(facts: PaidFacts) -> list[str]:
    """What is sold and held is what paid and unpaid orders have, and holds that were not ordered; never more than there is."""
    paid = sum(order.units for order in facts.orders if order.paid_minor)
    holds = {each.hold for each in facts.purchases if each.hold}
    sale, (before, after), complaints = facts.sale, facts.stock, []
    if sale.sold != paid:
        complaints.append(f"{sale.sold} units of the sale are sold, and paid orders have {paid}")
    if after.sold - before.sold != paid:
        complaints.append(f"{after.sold - before.sold} units of the product were sold, and paid orders have {paid}")
    if sale.held + sale.sold < len(holds):
        complaints.append(f"{len(holds)} holds were told, and {sale.held + sale.sold} units are held or sold")
    if sale.held + sale.sold > sale.units or after.held + after.sold > after.on_hand:
        complaints.append(f"more than there is: {sale}, {after}")
    return complaints


def books_agree(facts: PaidFacts) -> list[str]:
    """Orders, ledger, stock engine and provider, as the shop itself looks at them."""
    return list(facts.books)


def no_control_message_lost(facts: PaidFacts) -> list[str]:
    """Nobody in the room missed one, or got one twice."""
    return [f"{fault}: {times}" for fault, times in facts.faults.items()]


PAID_INVARIANTS: tuple[Callable[[PaidFacts], list[str]], ...] = (
    every_buyer_answered,
    told_orders_are_there,
    paid_is_paid,
    no_order_is_paid_twice,
    one_hold_one_order,
    units_are_those_of_orders,
    books_agree,
    no_control_message_lost,
)


def broken_when_paid(facts: PaidFacts) -> dict[str, list[str]]:
    """By the name of the invariant, what broke it; those that hold are not in it."""
    found = {invariant.__name__: invariant(facts) for invariant in PAID_INVARIANTS}
    return {
        name: complaints
        if len(complaints) <= TOLD_MAX
        else [*complaints[:TOLD_MAX], f"and {len(complaints) - TOLD_MAX:,} more"]
        for name, complaints in found.items()
        if complaints
    }
