"""HTTP: the sandbox's buttons."""

from typing import Any

from commerce.payments.errors import PaymentNotFound, PaymentOver
from commerce.payments.sandbox.access import Access
from commerce.payments.sandbox.acting import ACTIONS, Account
from commerce.payments.sandbox.books import Books, Press
from commerce.payments.sandbox.schemas import SandboxPayment, SandboxPress, SandboxQuery
from livehub.base.auth import Permission
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import NotFound, Unavailable


class SandboxApi:
    def __init__(self, books: Books, access: Access, *, is_offered: bool) -> None:
        self._is_offered = is_offered
        self._books = books
        self._access = access

    def endpoints(self) -> list[Endpoint]:
        one = "/api/sandbox/payments/{payment}"
        return [
            get(one, self.payment, reply=SandboxPayment, query=SandboxQuery, errors=(PaymentNotFound,)),
            post(
                f"{one}/{{action}}", self.press, may=Permission.WATCH, body=SandboxPress, reply=SandboxPayment,
                writes=False, errors=(PaymentNotFound, PaymentOver, Unavailable),
            ),
        ]  # fmt: skip

    async def payment(self, call: Call[None]) -> SandboxPayment:
        """A payment as the sandbox has it."""
        id_, query = self._named(call), call.query
        await self._access.check(call.request, id_, query.key, call.identity)
        account = await self._books.account(id_)
        if account is None:
            raise PaymentNotFound
        return _shown(account)

    async def press(self, call: Call[SandboxPress]) -> SandboxPayment:
        """Press a button of the sandbox's page."""
        id_, action = self._named(call), call.path["action"]
        if action not in ACTIONS:
            raise NotFound
        may_all = await self._access.check(call.request, id_, call.body.key, call.identity, action)
        if not may_all:
            account = await self._books.account(id_)
            if account is None:
                raise PaymentNotFound
            if account.state != "open":
                raise PaymentOver(details={"state": account.state})
        press = Press(payment=id_, action=action, notify=call.body.notify, delay_ms=call.body.delay_ms)
        if not may_all:  # how the shop is told is none of a buyer's affairs
            press = Press(payment=id_, action=action)
        return _shown(await self._books.pressed(press))

    def _named(self, call: Call[Any]) -> str:
        """The id of the payment. Raises PaymentNotFound where nobody can pay with the sandbox."""
        if not self._is_offered:
            raise PaymentNotFound
        return call.path["payment"]


def _shown(account: Account) -> SandboxPayment:
    return SandboxPayment(
        payment=account.id,
        state=account.state,
        amount_minor=account.amount_minor,
        currency=account.currency,
        closes_ts=account.closes_ms,
        return_url=account.return_url,
    )
