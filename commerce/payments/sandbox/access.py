"""Who may press the sandbox's buttons: the buyer of a payment those that buyers have, somebody at this machine in `demo` all.

the buyer    signed in (Authorization), or with the key that stands in the address of the page they were sent to
`demo`       whoever calls from this machine: livehub/dev fills the port DemoOnly; in `serve` nobody does
"""

from typing import Protocol

from aiohttp import web

from commerce.payments import store
from commerce.payments.errors import PaymentNotFound
from commerce.payments.sandbox import signed
from commerce.payments.sandbox.acting import OF_BUYER, Action
from livehub.base.auth import Identity
from livehub.base.db import Database
from livehub.base.errors import Forbidden, ForeignOrigin
from livehub.base.module import Context


class DemoOnly(Protocol):
    """What only somebody at the machine of a `demo` may do."""

    def check(self, request: web.Request) -> None:
        """Raise Forbidden or ForeignOrigin for anybody else."""
        ...


class Access:
    def __init__(self, context: Context, database: Database, secret: str) -> None:
        self._context = context
        self._database = database
        self._key = signed.key_of(secret, "pages")

    def is_demo(self, request: web.Request) -> bool:
        """Whether somebody at the machine of a `demo` asks."""
        port: DemoOnly | None = self._context.port(DemoOnly)
        if port is None:
            return False
        try:
            port.check(request)
        except (Forbidden, ForeignOrigin):
            return False
        return True

    async def is_buyer(self, payment: str, key: str, identity: Identity | None) -> bool:
        """Whether it is theirs, or they have the address of its page."""
        if signed.is_page_key(self._key, payment, key):
            return True
        if identity is None:
            return False
        async with self._database.connection() as connection:
            row = await store.payment(connection, payment)
        return row is not None and row.person == identity.id

    async def check(
        self, request: web.Request, payment: str, key: str, identity: Identity | None, action: Action | None = None
    ) -> bool:
        """Whether it is somebody who may do everything. Raises PaymentNotFound for whoever may not do this."""
        if self.is_demo(request):
            return True
        if (action is None or action in OF_BUYER) and await self.is_buyer(payment, key, identity):
            return False
        raise PaymentNotFound
