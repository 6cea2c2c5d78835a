"""Whether all books of a run agree, with each other and with every answer: orders, payments, refunds, coupons, the ledger, the
provider's own books and the stock engine's. Pure: no I/O.

The books are read in one snapshot, when nothing is under way any more; what still is, is a violation of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from loadtest.kill.history import Violation
from loadtest.kill.operations import LIVE, quota, stock
from loadtest.kill.trade import Call, OrderRow, PaymentRow, RefundRow, Trade, returned

INVARIANTS = {
    "ledger_is_balanced": "each transfer sums up to nothing, and so does each account of an order with what it stands for",
    "orders_are_kept": "an order that was acknowledged is there, for that person and key and total, and a key made one at most",
    "payments_are_kept": "the same of payments",
    "refunds_are_kept": "the same of refunds",
    "paid_is_paid": "an order, or payment, that was told as paid is",
    "money_came_in_once": "what the provider took is a payment that is paid, and the other way round",
    "money_pays_or_goes_back": "a payment pays its order, or goes back whole, once",
    "money_goes_back_once": "what the provider sent back are our refunds, each once, and no more than came in",
    "units_are_sold_once": "of each resource just what paid orders have is sold, but for what went on the shelf again",
    "nothing_stays_held": "an order that is over holds nothing",
    "one_hold_one_order": "nothing that is held is in two orders",
    "coupons_are_not_stuck": "a coupon is locked by an unpaid order, used by a paid one, else in the wallet",
    "money_settles": "nothing is under way for ever",
    "nothing_is_misdirected": "no money came in that fits nothing",
    "buyers_are_answered": "whoever asked again and again was answered in the end, and never that something is broken",
}
ODD = frozenset(
    {
        "internal", "bad_request", "invalid", "key_reused", "unauthenticated", "forbidden", "not_found", "order_not_found",
        "payment_not_found", "hold_not_found", "coupon_not_found", "signin_too_old", "provider_off", "payment_refused",
    }
)  # fmt: skip
FOR_ORDERS = ("lines", "delivery", "weight")  # refunds of what was paid for an order; others are of money too much
SOLD_ACCOUNTS = ("revenue:goods", "revenue:delivery", "discounts")
EXPECTED_FINDINGS = frozenset({"double_payment"})  # the provider was made to charge twice
OF_KEY = "second:"  # begins the keys of payments that were made of money that came in twice


def discrepancies(trade: Trade) -> list[Violation]:
    """All violations there are."""
    return list(_Check(trade).all())


class _Check:
    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._orders = {row.id: row for row in trade.orders}
        self._payments = {row.id: row for row in trade.payments}
        self._refunds = {row.id: row for row in trade.refunds}
        self._of_order: dict[str, list[PaymentRow]] = defaultdict(list)
        for payment in trade.payments:
            self._of_order[payment.order].append(payment)
        self._back: dict[str, list[RefundRow]] = defaultdict(list)  # by payment
        for refund in trade.refunds:
            self._back[refund.payment].append(refund)

    def all(self) -> Iterator[Violation]:
        checks = {
            "ledger_is_balanced": self._ledger,
            "orders_are_kept": self._orders_kept,
            "payments_are_kept": self._payments_kept,
            "refunds_are_kept": self._refunds_kept,
            "paid_is_paid": self._paid,
            "money_came_in_once": self._came_in,
            "money_pays_or_goes_back": self._pays,
            "money_goes_back_once": self._went_back,
            "units_are_sold_once": self._units,
            "nothing_stays_held": self._held,
            "one_hold_one_order": self._one_order,
            "coupons_are_not_stuck": self._coupons,
            "money_settles": self._settled,
            "nothing_is_misdirected": self._misdirected,
            "buyers_are_answered": self._answered,
        }
        for invariant, check in checks.items():
            for text in check():
                yield Violation(invariant=invariant, text=text)

    # --- the ledger ---

    def _ledger(self) -> Iterator[str]:
        transfers: dict[str, int] = defaultdict(int)
        accounts: dict[tuple[str, str], int] = defaultdict(int)
        for entry in self._trade.entries:
            transfers[entry.key] += entry.amount_minor
            accounts[entry.order or "", entry.account] += entry.amount_minor
        for key, sum_minor in transfers.items():
            if sum_minor:
                yield f"transfer {key} sums up to {sum_minor}"
        for order in self._trade.orders:
            yield from self._account(order, accounts)

    def _account(self, order: OrderRow, accounts: dict[tuple[str, str], int]) -> Iterator[str]:
        payments = self._of_order[order.id]
        refunds = [refund for payment in payments for refund in self._back[payment.id] if refund.state != "approval"]
        came_in = sum(payment.amount_minor for payment in payments if payment.state == "paid")
        went_out = sum(refund.amount_minor for refund in refunds if refund.state == "paid")
        owed = sum(refund.amount_minor for refund in refunds)
        of_goods = sum(refund.amount_minor for refund in refunds if refund.kind in FOR_ORDERS)
        should = {
            ("buyer_prepayments",): 0,
            ("clearing:sandbox",): came_in - went_out,
            ("refunds_payable",): went_out - owed,
            SOLD_ACCOUNTS: of_goods - (order.total_minor if order.was_paid else 0),
        }
        for names, minor in should.items():
            have = sum(accounts[order.id, name] for name in names)
            if have != minor:
                yield f"order {order.id} ({order.state}): {' and '.join(names)} at {have}, should be {minor}"

    # --- answers ---

    def _told(self, kind: str) -> Iterator[Call]:
        return (call for call in self._trade.calls if call.kind == kind and call.answer == "ok")

    def _one_for_a_key(self, kind: str) -> Iterator[str]:
        ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        for call in self._told(kind):
            if call.key:
                ids[call.person, call.key].add(call.id)
        for (person, key), of_key in ids.items():
            if len(of_key) > 1:
                yield f"{person} was told of several under {key}: {', '.join(sorted(of_key))}"

    def _orders_kept(self) -> Iterator[str]:
        yield from self._one_for_a_key("order")
        for call in self._told("order"):
            row = self._orders.get(call.id)
            if row is None or (row.person, row.key, row.total_minor) != (call.person, call.key, call.amount_minor):
                yield f"{_tell(call)}: it is {row}"
        asked = {(call.person, call.key) for call in self._trade.calls if call.kind == "order"}
        for row in self._trade.orders:
            if (row.person, row.key) not in asked:
                yield f"order {row.id} of {row.person} under {row.key} was not asked for"
        for (person, key), count in Counter((row.person, row.key) for row in self._trade.orders).items():
            if count > 1:
                yield f"{person} has {count} orders under {key}"

    def _payments_kept(self) -> Iterator[str]:
        yield from self._one_for_a_key("pay")
        for call in self._told("pay"):
            row = self._payments.get(call.id)
            if row is None or (row.person, row.key, row.order, row.amount_minor) != (
                call.person, call.key, call.about, call.amount_minor
            ):  # fmt: skip
                yield f"{_tell(call)}: it is {row}"
        asked = {(call.person, call.key) for call in self._trade.calls if call.kind == "pay"}
        for row in self._trade.payments:
            if (row.person, row.key) not in asked and not row.key.startswith(OF_KEY):
                yield f"payment {row.id} of {row.person} under {row.key} was not asked for"

    def _refunds_kept(self) -> Iterator[str]:
        yield from self._one_for_a_key("refund")
        for call in self._told("refund"):
            row = self._refunds.get(call.id)
            if row is None or (row.order, row.amount_minor, row.kind) != (call.about, call.amount_minor, "lines"):
                yield f"{_tell(call)}: it is {row}"
        asked: dict[str, set[str]] = defaultdict(set)
        for call in self._trade.calls:
            if call.kind == "refund":
                asked[call.about].add(call.key)
        made = Counter(refund.order for refund in self._trade.refunds if refund.kind == "lines")
        for order, count in made.items():
            if count > len(asked[order]):
                yield f"order {order} has {count} refunds, asked for under {sorted(asked[order])}"
        for (line, unit), count in Counter((each.line, each.unit) for each in self._trade.refunded_units).items():
            if count > 1:
                yield f"unit {unit} of line {line} was paid back {count} times"

    def _paid(self) -> Iterator[str]:
        captured = {capture.payment for capture in self._trade.captures}
        for call in self._trade.calls:
            if call.answer != "ok" or call.state != "paid":
                continue
            if call.kind in ("order", "look", "cancel"):
                order = self._orders.get(call.id)
                if order is None or not order.was_paid:
                    yield f"{_tell(call)}: it is {order}"
            elif call.kind == "pay":
                payment = self._payments.get(call.id)
                if payment is None or payment.state != "paid":
                    yield f"{_tell(call)}: it is {payment}"
            elif call.kind == "press" and call.about not in captured:
                yield f"{_tell(call)}: the provider has no money of it"

    # --- money ---

    def _came_in(self) -> Iterator[str]:
        taken: dict[str, list[int]] = defaultdict(list)
        for capture in self._trade.captures:
            taken[capture.payment].append(capture.amount_minor)
        paid: dict[str, list[int]] = defaultdict(list)
        for row in self._trade.payments:
            if row.state == "paid":
                first = row.key.split(":")[1] if row.key.startswith(OF_KEY) else row.id
                paid[first].append(row.amount_minor)
        for payment in sorted(taken.keys() | paid.keys()):
            if taken[payment] != paid[payment]:
                yield f"payment {payment}: the provider took {taken[payment]}, and here {paid[payment]} is paid"

    def _pays(self) -> Iterator[str]:
        for order in self._trade.orders:
            paid = [payment for payment in self._of_order[order.id] if payment.state == "paid"]
            if order.was_paid and order.total_minor and order.payment not in {payment.id for payment in paid}:
                yield f"order {order.id} is paid by {order.payment}, which is not"
            if order.paid_minor != (order.total_minor if order.was_paid else 0):
                yield f"of order {order.id} {order.paid_minor} is paid, of {order.total_minor}"
            for payment in paid:
                back = [refund.amount_minor for refund in self._back[payment.id] if refund.kind not in FOR_ORDERS]
                should = [] if order.was_paid and payment.id == order.payment else [payment.amount_minor]
                if back != should:
                    yield f"payment {payment.id} of order {order.id} ({order.state}, paid by {order.payment}) went back {back}"

    def _went_back(self) -> Iterator[str]:
        sent = {row.id: row for row in self._trade.sent_back}
        for row in self._trade.refunds:
            there = sent.pop(row.id, None)
            if (row.state == "paid") != (there is not None and there.state == "paid"):
                yield f"refund {row.id} is {row.state}, and the provider has {there}"
            elif there is not None and there.amount_minor != row.amount_minor:
                yield f"refund {row.id} is of {row.amount_minor}, and the provider sent {there.amount_minor}"
        for there in sent.values():
            yield f"the provider has sent {there}, of which nothing is known here"
        for payment in self._trade.payments:
            back = sum(refund.amount_minor for refund in self._back[payment.id] if refund.state != "failed")
            if back > (payment.amount_minor if payment.state == "paid" else 0):
                yield f"of payment {payment.id} ({payment.state}, {payment.amount_minor}) {back} goes back"
        for order in self._trade.orders:
            back = sum(
                refund.amount_minor
                for payment in self._of_order[order.id]
                for refund in self._back[payment.id]
                if refund.kind in FOR_ORDERS and refund.state == "paid"
            )
            if back != order.refunded_minor:
                yield f"of order {order.id} {order.refunded_minor} is told as refunded, and {back} was sent"

    # --- units ---

    def _units(self) -> Iterator[str]:
        again, sold = returned(self._trade.returns), {row.id: row.sold for row in self._trade.resources}
        lines = {line.id: line for line in self._trade.lines}
        should: dict[str, int] = defaultdict(int)
        for line in self._trade.lines:
            of = self._orders.get(line.order)
            if of is not None and of.was_paid:
                should[stock(line.product)] += line.qty
                if line.sale is not None:
                    should[quota(line.sale)] += line.qty
        for unit in self._trade.refunded_units:
            if unit.restock:
                should[stock(lines[unit.line].product)] -= 1
        for resource in self._trade.units:
            have = sold.get(resource, 0) - again.get(resource, 0)
            if have != should[resource]:
                yield (
                    f"{resource}: {sold.get(resource, 0)} sold, {again.get(resource, 0)} of them on the shelf again, and "
                    f"paid orders have {should[resource]}"
                )

    def _held(self) -> Iterator[str]:
        states = {hold.id: hold.state for hold in self._trade.holds}
        for order in self._trade.orders:
            for hold in order.holds:
                if order.state != "unpaid" and states.get(hold) in LIVE:
                    yield f"order {order.id} is {order.state}, and its hold {hold} is {states[hold]}"

    def _one_order(self) -> Iterator[str]:
        whose: dict[str, list[str]] = defaultdict(list)
        for order in self._trade.orders:
            for hold in order.holds:
                whose[hold].append(order.id)
        for hold, orders in whose.items():
            if len(orders) > 1:
                yield f"hold {hold} is in orders {', '.join(orders)}"

    def _coupons(self) -> Iterator[str]:
        uses = {(use.order, use.coupon): use for use in self._trade.coupon_uses}
        for order in self._trade.orders:
            if order.coupon is None:
                continue
            use = uses.get((order.id, order.coupon))
            should = {"unpaid": "locked", "cancelled": "back"}.get(order.state, "used")
            if use is None or (use.state, use.person) != (should, order.person):
                yield f"coupon {order.coupon} of order {order.id} ({order.state}) is {use}, should be {should}"
        taken = Counter((use.person, use.coupon) for use in self._trade.coupon_uses if use.state != "back")
        for (person, coupon), count in taken.items():
            if count > 1:
                yield f"coupon {coupon} of {person} is in {count} orders"

    # --- all the rest ---

    def _settled(self) -> Iterator[str]:
        yield from self._trade.unsettled

    def _misdirected(self) -> Iterator[str]:
        for kind, count in Counter(self._trade.findings).items():
            if kind not in EXPECTED_FINDINGS:
                yield f"{count} findings of {kind}"

    def _answered(self) -> Iterator[str]:
        asked: dict[tuple[str, str, str, str], list[Call]] = defaultdict(list)
        for call in self._trade.calls:
            if call.answer in ODD:
                yield _tell(call)
            if call.kind != "look":  # nobody insists
                asked[call.kind, call.person, call.key, call.about].append(call)
        for calls in asked.values():
            if not any(call.is_final for call in calls):
                yield f"asked {len(calls)} times from {calls[0].start_s:.3f} s on, at last: {_tell(calls[-1])}"


def _tell(call: Call) -> str:
    end = "never" if call.end_s is None else f"{call.end_s:.3f} s"
    return (
        f"{call.kind} {call.key} of {call.about} by {call.person} via {call.via}, {call.start_s:.3f} s to {end}, answered "
        f"{call.answer} {call.id} {call.state}"
    )
