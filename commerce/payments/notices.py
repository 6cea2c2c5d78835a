"""HTTP: notices of providers. Public, so whatever comes is the provider's only once its signature says so.

    verified over the bytes as they came, and no older than LIVEHUB_PAYMENT_NOTICE_AGE_S_MAX    else 401 (4062)
    delivered before, byte by byte                                                             401: somebody has recorded it
    told before, in another delivery                                                           acknowledged; nothing happens
    anything else                                                                              heard, committed, acknowledged

What cannot be heard now (PostgreSQL is away) is answered 503, so that the provider comes again. Nobody is called meanwhile.
"""

import logging

from aiohttp import web

from commerce.payments.errors import NoticeRefused, ProviderOff
from commerce.payments.hearing import Hearing
from commerce.payments.look_ups import LookUps
from commerce.payments.payables import NoticeKey
from commerce.payments.provider import Notice, Provider, RefundStatus, Status
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from livehub.base import bodies
from livehub.base.bounds import Bound, bounded
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.errors import NotFound

log = logging.getLogger("commerce.payments")

PATH = "/api/payments/notices/{provider}"
ID_CHARS_MAX = 128
FIGURE_MAX = 2**53  # what every JSON keeps exactly


class Notices:
    def __init__(
        self,
        core: Config,
        config: PaymentsConfig,
        clock: Clock,
        *,
        providers: Providers,
        hearing: Hearing,
        look_ups: LookUps,
    ) -> None:
        self._core = core
        self._config = config
        self._look_ups = look_ups
        self._clock = clock
        self._providers = providers
        self._hearing = hearing

    def attach(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._receive)

    @bounded(
        Bound.NONE,
        why="signed by the provider, whose few addresses send those of all payments; one refused is money not heard of",
    )
    async def _receive(self, request: web.Request) -> web.Response:
        try:
            provider = self._providers.get(request.match_info["provider"])
        except ProviderOff:
            raise NotFound from None
        body = await bodies.read_body(request, self._core, self._config.payment_notice_bytes_max)
        await self.hear(provider, self._verified(provider, request, body))
        status, answer = provider.acknowledged()
        return web.Response(status=status, body=answer, content_type="application/json")

    def _verified(self, provider: Provider, request: web.Request, body: bytes) -> Notice:
        try:
            return provider.verify(request.headers, body, now_s=self._clock.real_s())
        except NoticeRefused:
            raise
        except Exception as error:  # whatever anybody sends is no defect of ours to be told of with 500
            log.exception("payments.notice_not_read", extra={"provider": provider.name})
            raise NoticeRefused from error

    async def hear(self, provider: Provider, notice: Notice) -> None:
        """What a verified notice says. Raises NoticeRefused, Unavailable."""
        if notice.kind == "other":
            return
        if not (_is_id(notice.about) and _is_id(notice.id)):
            log.warning("payments.notice_about_nothing", extra={"provider": provider.name, "about": repr(notice.about)})
            return
        if not _is_sound(notice):
            raise NoticeRefused("What the notice says cannot be.")
        key = NoticeKey(id=notice.id, delivery=notice.delivery)
        about = None if notice.kind == "refund" else notice.about
        row, told_by = await self._look_ups.told(about, provider.name, notice.id)
        if told_by is not None:
            if notice.delivery and told_by == notice.delivery:
                raise NoticeRefused("This notice was delivered before.")
            return
        is_of_dispute = notice.kind in ("chargeback", "reinstated")
        if is_of_dispute and row is None and notice.ref:  # a bank names no number of ours
            row = await self._hearing.by_ref(provider.name, notice.ref)
        if notice.kind == "refund":
            await self._hear_of_refund(provider, notice, key)
        elif row is None or row.provider != provider.name:
            await self._hearing.unknown(provider.name, notice, key)
        elif is_of_dispute:
            await self._hearing.disputed(row, notice, key)
        else:
            await self._hearing.heard(row, _payment_status(notice), notice=key)

    async def _hear_of_refund(self, provider: Provider, notice: Notice, key: NoticeKey) -> None:
        row = await self._hearing.heard_of_refund(
            notice.about, _refund_status(notice), provider=provider.name, notice=notice
        )
        if row is None:
            await self._hearing.unknown(provider.name, notice, key)


def _payment_status(notice: Notice) -> Status:
    state = "unknown" if notice.state == "processing" else notice.state
    return Status(
        state=state,
        amount_minor=notice.amount_minor,
        currency=notice.currency,
        ref=notice.ref,
        paid_at_ms=notice.at_ms,
        capture=notice.capture,
    )


def _refund_status(notice: Notice) -> RefundStatus:
    state = notice.state
    if state == "paid" or state == "failed" or state == "processing":
        return RefundStatus(state=state, ref=notice.ref)
    return RefundStatus(state="unknown", ref=notice.ref)


def _is_sound(notice: Notice) -> bool:
    """Whether its figures and words are such as can be kept, right or wrong."""
    figures = all(figure is None or 0 <= figure <= FIGURE_MAX for figure in (notice.amount_minor, notice.at_ms))
    return figures and all(not word or _is_id(word) for word in (notice.currency, notice.ref, notice.delivery))


def _is_id(text: str) -> bool:
    return 0 < len(text) <= ID_CHARS_MAX and text.isascii() and text.isprintable()
