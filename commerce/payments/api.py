"""HTTP: paying an order, and how a payment stands. The key of an attempt lives in its row, so it is remembered for ever."""

import hashlib
import secrets

from aiohttp import web
from yarl import URL

from commerce.payments import schemas, store
from commerce.payments.attempts import Attempts, Reached
from commerce.payments.errors import (
    PaymentNotFound,
    PaymentOver,
    PaymentRefused,
    ProviderAway,
    ProviderOff,
    TooManyAttempts,
)
from commerce.payments.hearing import Hearing
from commerce.payments.look_ups import LookUps
from commerce.payments.provider import Payer
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import PaymentRow
from livehub.base.addresses import client_address, client_scheme
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import KeyReused, Unavailable
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso
from livehub.base.text import one_line, shortened

DESCRIPTION_CHARS_MAX = 120


class PaymentsApi:
    def __init__(
        self,
        core: Config,
        config: PaymentsConfig,
        database: Database,
        *,
        providers: Providers,
        hearing: Hearing,
        attempts: Attempts,
        look_ups: LookUps,
    ) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._providers = providers
        self._hearing = hearing
        self._attempts = attempts
        self._look_ups = look_ups

    def endpoints(self) -> list[Endpoint]:
        return [
            get("/api/payment-providers", self.offered, reply=schemas.PaymentProviders),
            post(
                "/api/orders/{order}/payments", self.begin, may=Permission.BUY, body=schemas.PaymentRequest,
                reply=schemas.Payment, status=201, key_in_row=True,
                errors=(
                    ProviderOff, PaymentRefused, PaymentOver, TooManyAttempts, KeyReused, ProviderAway, Unavailable
                ),
            ),
            get("/api/payments/{payment}", self.payment, may=Permission.BUY, reply=schemas.Payment, errors=(PaymentNotFound,)),
        ]  # fmt: skip

    async def offered(self, _call: Call[None]) -> schemas.PaymentProviders:
        """Ways to pay."""
        return schemas.PaymentProviders(items=list(self._providers.offered))

    async def begin(self, call: Call[schemas.PaymentRequest]) -> schemas.Payment:
        """Begin to pay an order; an order may be begun to be paid many times. Under the same Idempotency-Key it is
        the same attempt, for ever."""
        order, person, provider = call.path["order"], call.person.id, call.body.provider
        key = call.row_key()
        print_ = hashlib.sha256(f"{order}\0{provider}".encode()).digest()
        reached = await self._reached(call)
        known, attempts, is_other = await self._look_ups.by_key(person, key, order)
        if is_other:
            raise KeyReused
        if known is None:
            self._providers.to_pay_with(provider)
            if attempts >= self._config.payment_attempts_max:
                raise TooManyAttempts(details={"limit": self._config.payment_attempts_max})
            row = await self._new(call, order, provider, key, print_)
            if await self._attempts.begun(row):
                return shown(await self._attempts.opened(row, reached))
            known, _, _ = await self._look_ups.by_key(person, key, order)
            if known is None:  # others were begun at the same moment
                raise TooManyAttempts(details={"limit": self._config.payment_attempts_max})
        if known.fingerprint != print_:
            raise KeyReused
        return shown(await self._attempts.opened(known, reached))

    async def _new(
        self, call: Call[schemas.PaymentRequest], order: str, provider: str, key: str, print_: bytes
    ) -> PaymentRow:
        until_ms = call.now_ms + self._config.payment_open_s * 1000
        payable = await self._hearing.payables.opening(order, call.person.id, until_ms=until_ms, now_ms=call.now_ms)
        return PaymentRow(
            id=ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)),
            order=order,
            person=call.person.id,
            provider=provider,
            key=key,
            fingerprint=print_,
            state="open",
            amount_minor=payable.amount_minor,
            currency=payable.currency,
            description=shortened(one_line(payable.description), DESCRIPTION_CHARS_MAX),
            return_path=payable.return_path,
            created_ms=call.now_ms,
            closes_ms=payable.closes_ms,
        )

    async def payment(self, call: Call[None]) -> schemas.Payment:
        """How a payment of one's own stands. Staff who may see orders see everybody's."""
        async with self._database.connection() as connection:
            row = await store.payment(connection, call.path["payment"])
        if row is None or (row.person != call.person.id and not call.person.may(Permission.SEE_ORDERS)):
            raise PaymentNotFound
        return shown(row)

    async def _reached(self, call: Call[schemas.PaymentRequest]) -> Reached:
        request, trust = call.request, self._core.trust_proxy
        outside = self._core.public_url.rstrip("/")
        if not outside:
            outside = f"{client_scheme(request, trust_proxy=trust)}://{request.host}"
        agent = request.headers.get("User-Agent", "")
        openids: tuple[str, ...] = ()
        if is_wechat := "MicroMessenger" in agent:
            async with self._database.connection() as connection:
                openids = await store.wechat_ids(connection, call.person.id)
        payer = Payer(
            ip=client_address(request, trust_proxy=trust),
            is_wechat=is_wechat,
            is_phone="Mobile" in agent,
            openids=openids,
            language=request.headers.get("Accept-Language", "")[:64],
        )
        return Reached(outside=outside, here=_here(request), payer=payer)


def _here(request: web.Request) -> str:
    """Where this process listens, as the connection says: nothing that a client wrote."""
    name = request.transport.get_extra_info("sockname") if request.transport is not None else None
    if not isinstance(name, tuple):
        return ""
    return str(URL.build(scheme="https" if request.secure else "http", host=name[0], port=name[1]))


def shown(row: PaymentRow) -> schemas.Payment:
    """As its buyer sees it. Where to pay is of no use when it is over."""
    is_open = row.state == "open"
    return schemas.Payment(
        id=row.id,
        order=row.order,
        provider=row.provider,
        state=row.state,
        amount_minor=row.amount_minor,
        currency=row.currency,
        how=row.how,
        url=row.url if is_open else None,
        params=row.params if is_open else None,
        created_at=iso(row.created_ms) or "",
        closes_at=iso(row.closes_ms) or "",
        closes_ts=row.closes_ms,
        paid_at=iso(row.paid_ms),
    )
