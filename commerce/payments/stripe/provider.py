"""Stripe as a provider, by Checkout Sessions.

A session is made under the key of our payment, so that asking again gives the same one. Its own end is half an hour away at
least, which is too late for what is held for ten minutes: it is given one, and is ended by a call before (`close`).

Keys are forgotten there after a day. A refund is therefore looked for by our number before it is made, and made under a key
of its number and of how many tries of it have failed: once, however late it is asked for again.

https://docs.stripe.com/api/checkout/sessions, https://docs.stripe.com/api/idempotent_requests
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.payments.errors import PaymentRefused
from commerce.payments.provider import (
    Attempt,
    BillRow,
    BillTimes,
    Created,
    NewPayment,
    NewRefund,
    Notice,
    RefundStatus,
    Status,
)
from commerce.payments.stripe import events
from commerce.payments.stripe.amounts import NotThere, to_stripe
from commerce.payments.stripe.answers import Entry, Page, Refund, Session
from commerce.payments.stripe.client import Client, Refused, away
from commerce.payments.stripe.settings import StripeConfig

NAME = "stripe"
END_S_MIN = 31 * 60  # `expires_at` is at least 30 minutes after the session is made
MINUTE_S = 60
DESCRIPTION_CHARS_MAX = 250
PAGE = 100
INTENT = "pi_"  # what payments that are paid have for `ref`; others have the session's id
NOT_ENOUGH = frozenset({"balance_insufficient", "insufficient_funds"})
LANGUAGES = {"zh": "zh", "en": "en"}

T = TypeVar("T", bound=Struct)


class StripeProvider:
    """One account; see Provider in commerce/payments/provider.py for what each method is to do."""

    name = NAME
    bill_times = BillTimes(zone=ZoneInfo("UTC"), ready_h=1)

    def __init__(self, config: StripeConfig) -> None:
        self._config = config
        self._client = Client(config)

    def load(self) -> None:
        """Load what else the first call would."""
        _ = self._client.v1

    async def end(self) -> None:
        """Close its connections."""
        await self._client.end()

    # --- payments ---

    async def create(self, payment: NewPayment) -> Created:
        """A page of Stripe's. Raises PaymentRefused, ProviderAway."""
        params = _session_params(payment)
        options = {"idempotency_key": f"payment:{payment.id}"}
        try:
            session = await self._client.ask(lambda v1: v1.checkout.sessions.create_async(params, options), Session)
        except Refused as refused:
            raise PaymentRefused(details={"reason": refused.code or "refused"}) from None
        if not session.url:
            raise PaymentRefused(details={"reason": session.status or "over"})
        return Created(how="url", url=session.url, ref=session.id)

    async def query(self, payment: Attempt) -> Status:
        """What it is now. `unknown` without a number of theirs: then nobody was told where to pay. Raises ProviderAway."""
        if payment.ref is None:
            return Status(state="unknown")
        session = await self._session(payment.ref)
        return Status(state="unknown") if session is None else session.to_us()

    async def close(self, payment: Attempt) -> Status:
        """Closed, or what it is where Stripe would not. Raises ProviderAway."""
        if payment.ref is None:
            return Status(state="closed")
        if payment.ref.startswith(INTENT):
            return await self.query(payment)
        number = payment.ref
        try:
            session = await self._client.ask(lambda v1: v1.checkout.sessions.expire_async(number), Session)
        except Refused:  # it is complete, or has expired
            return await self.query(payment)
        return session.to_us()

    async def _session(self, ref: str) -> Session | None:
        """The session; None: there is none."""
        expand = "payment_intent.latest_charge"
        try:
            if ref.startswith(INTENT):
                params = {"payment_intent": ref, "limit": 1, "expand": [f"data.{expand}"]}
                page = await self._client.ask(lambda v1: v1.checkout.sessions.list_async(params), Page[Session])
                return next(iter(page.data), None)
            more = {"expand": [expand]}
            return await self._client.ask(lambda v1: v1.checkout.sessions.retrieve_async(ref, more), Session)
        except Refused as refused:
            if refused.code == "resource_missing":
                return None
            raise away(f"asked about a session: {refused.code}") from None

    # --- refunds ---

    async def refund(self, refund: NewRefund) -> RefundStatus:
        """One that is there, or a new one. Raises ProviderAway."""
        intent = await self._intent(refund)
        if intent is None:
            return RefundStatus(state="failed", why="no_payment")
        tries = await self._tries(refund, intent)
        going = [each for each in tries if each.state != "failed"]
        if going:
            return going[0].to_us()
        try:
            amount = to_stripe(refund.amount_minor, refund.currency)
        except NotThere:
            return RefundStatus(state="failed", why="amount")
        params = {
            "payment_intent": intent,
            "amount": amount,
            "metadata": {
                "refund": refund.id,
                "payment": refund.payment,
                "reason": refund.reason[:DESCRIPTION_CHARS_MAX],
            },
        }
        options = {"idempotency_key": f"refund:{refund.id}:{len(tries)}"}
        try:
            made = await self._client.ask(lambda v1: v1.refunds.create_async(params, options), Refund)
        except Refused as refused:
            if refused.code in NOT_ENOUGH:
                raise away("too little money in the account to pay back") from None
            return RefundStatus(state="failed", ref=refund.ref, why=refused.code)
        return made.to_us()

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        """What the latest try of it is now. Raises ProviderAway."""
        intent = await self._intent(refund)
        tries = [] if intent is None else await self._tries(refund, intent)
        going = [each for each in tries if each.state != "failed"]
        latest = next(iter(going or tries), None)
        return RefundStatus(state="unknown") if latest is None else latest.to_us()

    async def _intent(self, refund: NewRefund) -> str | None:
        ref = refund.payment_ref
        if ref is None or ref.startswith(INTENT):
            return ref
        session = await self._session(ref)
        return None if session is None else session.intent

    async def _tries(self, refund: NewRefund, intent: str) -> list[Refund]:
        """Of this refund, the latest first."""
        found: list[Refund] = []
        params: dict[str, Any] = {"payment_intent": intent, "limit": PAGE}
        while True:
            page = await self._listed(lambda v1: v1.refunds.list_async(params), Page[Refund])
            found += [each for each in page.data if each.ours == refund.id]
            if not page.has_more:
                return found
            params["starting_after"] = page.data[-1].id

    async def _listed(self, call: Callable[[Any], Any], answer: type[T]) -> T:
        try:
            return await self._client.ask(call, answer)
        except Refused as refused:
            raise away(f"asked for a list: {refused.code}") from None

    # --- what it tells by itself ---

    async def bill(self, day: date) -> AsyncIterator[BillRow]:
        """Payments and refunds of a day in UTC, with the amounts that buyers paid; the fee is 0 where the account keeps
        another currency. Raises ProviderAway."""
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        span = {"gte": int(begins.timestamp()), "lt": int((begins + timedelta(days=1)).timestamp())}
        params: dict[str, Any] = {"created": span, "limit": PAGE, "expand": ["data.source"]}
        for _ in range(self._config.stripe_bill_pages_max):
            page = await self._listed(lambda v1: v1.balance_transactions.list_async(params), Page[Entry])
            for each in page.data:
                if (row := each.to_us()) is not None:
                    yield row
            if not page.has_more:
                return
            params["starting_after"] = page.data[-1].id
        raise away("a bill that is too large")

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        """See events.py. Raises NoticeRefused."""
        return events.read(
            headers,
            body,
            secret=self._config.stripe_webhook_secret,
            is_live=self._config.is_live,
            now_s=now_s,
            age_s_max=self._config.payment_notice_age_s_max,
        )

    def acknowledged(self) -> tuple[int, bytes]:
        """Any 2xx."""
        return 200, b""


def _session_params(payment: NewPayment) -> dict[str, Any]:
    """The same for the same payment whenever it is asked for: under one key Stripe takes nothing else."""
    try:
        amount = to_stripe(payment.amount_minor, payment.currency)
    except NotThere:
        raise PaymentRefused(details={"reason": "currency"}) from None
    ends_s = payment.closes_ms // 1000 + END_S_MIN
    return {
        "mode": "payment",
        "client_reference_id": payment.id,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.currency.lower(),
                    "unit_amount": amount,
                    "product_data": {"name": payment.description[:DESCRIPTION_CHARS_MAX] or "-"},
                },
            }
        ],
        "metadata": {"payment": payment.id, "order": payment.order},
        "payment_intent_data": {"metadata": {"payment": payment.id, "order": payment.order}},
        "success_url": payment.return_url,
        "cancel_url": payment.return_url,
        "expires_at": ends_s - ends_s % MINUTE_S + MINUTE_S,
        "locale": LANGUAGES.get(payment.payer.language[:2], "auto"),
    }
