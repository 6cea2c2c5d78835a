"""What a quote or an order is made of: read here, in a few statements, and priced by pure functions.

basket = await Choosing(...).basket(connection, request, person, now_ms=now_ms, is_quote=False)
basket.quote                                        what it costs
basket.draft.units, basket.choice.slot_units        what is to be held beyond the tap
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from commerce.catalogue.selling import Sellable, sellables
from commerce.coupons.audience import BoughtBefore
from commerce.coupons.errors import CouponNotFound, CouponNotUsable
from commerce.coupons.wallet import WalletCoupon, wallet_of
from commerce.delivery.areas import Place
from commerce.delivery.choosing import Choice, check_minimum, choose, group_of
from commerce.flashsale import codes
from commerce.flashsale.requests import Units
from commerce.orders import schemas, views
from commerce.orders.drafting import Draft, SaleTerms, Want, draft, gifts_of, gone_gifts, priced, wanted
from commerce.orders.errors import AddressNeeded, SeveralCurrencies
from commerce.orders.rows import FrozenAddress
from commerce.orders.settings import OrdersConfig
from commerce.orders.store import Q
from commerce.pricing.prices import CouponTerms, DeliveryRule, Quote, best, price, why_not
from commerce.sales.answers import STATES
from commerce.sales.errors import HoldNotFound, HoldOver
from commerce.sales.lines import STOCK, stock
from commerce.sales.store import components_of
from livehub.base.db import Connection
from livehub.base.errors import BadRequest
from livehub.base.lists import iso
from livehub.people.addresses import checked_address, own_address
from livehub.people.records_schemas import Address, AddressRequest

WALLET_MAX = 100  # coupons of one person that are looked at

T = TypeVar("T")


class Basket(Struct, frozen=True, kw_only=True):
    """All that is known of what is to be bought. `expires_ms`: when the tap's hold does; `group`: of one delivery."""

    draft: Draft
    quote: Quote
    wallet: tuple[WalletCoupon, ...]
    address: FrozenAddress | None
    choice: Choice | None
    group: str | None
    expires_ms: int | None

    @property
    def units(self) -> tuple[Units, ...]:
        """What is to be held beyond what the tap holds."""
        return (*self.draft.units, *(() if self.choice is None else self.choice.slot_units))

    @property
    def rule(self) -> DeliveryRule | None:
        """What delivery costs."""
        return None if self.choice is None else self.choice.rule

    def reply(self) -> schemas.QuoteReply:
        """As the buyer is shown it."""
        quote = self.quote
        return schemas.QuoteReply(
            currency=quote.currency,
            lines=[views.quote_line(line, each) for line, each in priced(self.draft, quote)],
            goods_minor=quote.goods_minor,
            discount_minor=quote.discount_minor,
            delivery_minor=quote.delivery_minor,
            delivery_discount_minor=quote.delivery_discount_minor,
            total_minor=quote.total_minor,
            coupon=quote.coupon,
            delivery_coupon=quote.delivery_coupon,
            coupons=self._coupons(),
            delivery=views.delivery(self.choice),
            missing=None if self.choice is None else self.choice.missing,
            free_delivery_missing_minor=quote.free_delivery_missing_minor,
            minimum_missing_minor=quote.minimum_missing_minor,
            expires_at=iso(self.expires_ms),
            gifts_gone=[views.gone_gift(line) for line in self.draft.gone],
        )

    def _coupons(self) -> list[schemas.CouponChoice]:
        """Those that can be used first."""
        lines, used = (
            self.draft.priced_as(),
            next((one for one in self.wallet if one.terms.id == self.quote.coupon), None),
        )
        beside = None if used is None else used.terms
        found = [
            views.coupon(
                one,
                None
                if one.reason is not None
                else why_not(one.terms, lines, currency=self.quote.currency, coupon=beside, delivery=self.rule),
            )
            for one in self.wallet
        ]
        return sorted(found, key=lambda one: one.reason is not None)


class _Hold(Struct, frozen=True):
    wants: tuple[Want, ...] = ()
    expires_ms: int | None = None


class Choosing:
    def __init__(self, config: OrdersConfig, bought: BoughtBefore) -> None:
        self._config = config
        self._bought = bought

    async def basket(
        self,
        connection: Connection,
        request: schemas.QuoteRequest,
        person: str,
        *,
        now_ms: int,
        is_quote: bool,
        gone: Collection[str] = (),
    ) -> Basket:
        """What `request` comes to. Of a quote what was not said yet is missing; an order is refused then. `gone`: gifts that an
        order could not hold; others are looked up then, as for a quote.

        Raises BadRequest, HoldNotFound, HoldOver, NotOnSale, SeveralCurrencies, OrderTooLarge, AddressNotFound, AddressNeeded,
        OutsideArea, SlotNotFound, SlotFull, BelowMinimum, CouponNotFound, CouponNotUsable.
        """
        if request.hold is None and not request.lines:
            raise BadRequest("lines: give `hold`, or `lines`, or both.")
        hold = await self._hold(connection, request.hold, person, now_ms)
        wants = wanted(hold.wants, [(line.product, line.qty) for line in request.lines])
        config, sold = self._config, await self._sellables(connection, wants)
        if is_quote or gone:
            gone = {*gone, *await self._gone(connection, wants, sold)}
        made = draft(
            wants, sold, lines_max=config.order_lines_max, units_max=config.order_product_units_max, gone=gone
        )  # fmt: skip
        address, mark = await self._address(connection, request.address, person)
        choice, group = await self._delivery(connection, address, mark, request.slot, person, now_ms, is_quote=is_quote)
        if choice is not None and choice.currency not in (None, made.currency):
            raise SeveralCurrencies
        if not is_quote and address is None and (choice is None or choice.method == "door"):
            raise AddressNeeded
        rule = None if choice is None else choice.rule
        wallet = await self._wallet(connection, request, person, now_ms, is_quote=is_quote)
        request = _sorted_coupons(request, wallet)
        lines = made.priced_as()
        usable = [one.terms for one in wallet if one.reason is None]
        coupon, on_fee = best(usable, lines, currency=made.currency, delivery=rule) if usable else (None, None)
        coupon = _chosen(request.coupon, coupon, wallet, on_fee=False, is_quote=is_quote)
        on_fee = _chosen(request.delivery_coupon, on_fee, wallet, on_fee=True, is_quote=is_quote)
        quote = price(lines, currency=made.currency, coupon=coupon, delivery=rule, delivery_coupon=on_fee)
        if not is_quote:
            for asked, terms, used in (
                (request.coupon, coupon, quote.coupon), (request.delivery_coupon, on_fee, quote.delivery_coupon)
            ):  # fmt: skip
                if isinstance(asked, str) and terms is not None and used is None:
                    unusable = why_not(terms, lines, currency=made.currency, coupon=coupon, delivery=rule)
                    raise CouponNotUsable(
                        details={"reason": "nothing_eligible" if unusable is None else unusable.reason}
                    )
            if rule is not None:
                check_minimum(quote.minimum_missing_minor, rule)
        return Basket(
            draft=made, quote=quote, wallet=tuple(wallet), address=address, choice=choice, group=group,
            expires_ms=hold.expires_ms,
        )  # fmt: skip

    async def _hold(self, connection: Connection, hold: str | None, person: str, now_ms: int) -> _Hold:
        if hold is None:
            return _Hold()
        rows = await connection.fetch(Q["own_hold"], hold, person)
        if not rows:
            raise HoldNotFound
        state, expires_ms = rows[0]["state"], rows[0]["expires_ms"]
        if state != codes.HELD or expires_ms <= now_ms:
            told = {"state": STATES[codes.EXPIRED if state == codes.HELD else state]}
            if (order := await connection.fetchval(Q["order_of_hold"], hold)) is not None:
                told["order"] = order
            raise HoldOver(details=told)
        wants = tuple(
            Want(
                product=row["product"],
                qty=row["units"],
                terms=SaleTerms(
                    sale=row["sale"],
                    room=row["room"],
                    product=row["product"],
                    price_minor=row["price_minor"],
                    currency=row["currency"],
                    takes_coupons=row["coupons"],
                    batch=row["batch"],
                    components=tuple((part.id, part.qty) for part in components_of(row["components"]) or ()),
                ),
            )
            for row in rows
        )
        return _Hold(wants, expires_ms)

    @staticmethod
    async def _sellables(connection: Connection, wants: Sequence[Want]) -> dict[str, Sellable]:
        found = await sellables(connection, list({want.product for want in wants}))
        gifts = gifts_of(wants, found).keys() - found.keys()
        return found | (await sellables(connection, sorted(gifts)) if gifts else {})

    @staticmethod
    async def _gone(connection: Connection, wants: Sequence[Want], sold: Mapping[str, Sellable]) -> Collection[str]:
        """Gifts that are given away. An order asks the stock engine first: who orders once more may hold the last one."""
        gifts = gifts_of(wants, sold)
        if not gifts:
            return ()
        rows = await connection.fetch(Q["stock_left"], [stock(gift) for gift in gifts])
        return gone_gifts(wants, sold, {row["id"].removeprefix(STOCK): row["free"] for row in rows})

    @staticmethod
    async def _address(
        connection: Connection, asked: str | schemas.OrderAddress | None, person: str
    ) -> tuple[FrozenAddress | None, str]:
        """The address, and by what its place is told from another one: not by its id, under which it may be changed."""
        if asked is None:
            return None, ""
        if isinstance(asked, str):
            found = await own_address(connection, person, asked)
        else:
            fields = {name: getattr(asked, name) for name in schemas.OrderAddress.__struct_fields__}
            found = checked_address(AddressRequest(**fields))
        place = found.region, found.line, found.wgs84_lat, found.wgs84_lon
        return _frozen(found), hashlib.sha256(msgspec.json.encode(place)).hexdigest()

    @staticmethod
    async def _delivery(
        connection: Connection,
        address: FrozenAddress | None,
        mark: str,
        slot: str | None,
        person: str,
        now_ms: int,
        *,
        is_quote: bool,
    ) -> tuple[Choice | None, str | None]:
        """Where and when, and which orders share its fee."""
        place = None
        if address is not None:
            place = Place(region=address.region, lat=address.wgs84_lat, lon=address.wgs84_lon)
        # Who orders the same once more may hold the last place of the window already.
        choice = await choose(connection, place, slot, now_ms=now_ms, is_quote=is_quote, may_be_full=not is_quote)
        if choice is None:
            return None, None
        group = group_of(person, mark, choice.slot, method=choice.method)
        if group is not None and await connection.fetch(Q["paid_groups"], [group]):
            rule = msgspec.structs.replace(choice.rule, is_paid_already=True)
            choice = msgspec.structs.replace(choice, rule=rule)
        return choice, group

    async def _wallet(
        self, connection: Connection, request: schemas.QuoteRequest, person: str, now_ms: int, *, is_quote: bool
    ) -> list[WalletCoupon]:
        if not is_quote and request.coupon is None and request.delivery_coupon is None:
            return []
        named = [each for each in (request.coupon, request.delivery_coupon) if isinstance(each, str)]
        return await wallet_of(
            connection, person, now_ms=now_ms, most=WALLET_MAX, bought=self._bought, first=named
        )  # fmt: skip


def _sorted_coupons(request: schemas.QuoteRequest, wallet: Sequence[WalletCoupon]) -> schemas.QuoteRequest:
    """A coupon on the fee that was named alone, as `coupon`, is the one on the fee, and none is used on goods."""
    is_alone = isinstance(request.coupon, str) and request.delivery_coupon is UNSET
    if is_alone and any(one.terms.id == request.coupon and one.terms.kind == "delivery" for one in wallet):
        return msgspec.structs.replace(request, coupon=None, delivery_coupon=request.coupon)
    return request


def _chosen(
    asked: str | UnsetType | None,
    found: CouponTerms | None,
    wallet: Sequence[WalletCoupon],
    *,
    on_fee: bool,
    is_quote: bool,
) -> CouponTerms | None:
    """The coupon that was asked for, or without a word the best one. Raises CouponNotFound, CouponNotUsable."""
    if asked is UNSET:
        return found
    if not isinstance(asked, str):
        return None
    one = next((each for each in wallet if each.terms.id == asked), None)
    if one is None:
        raise CouponNotFound
    if one.reason is not None and not is_quote:
        raise CouponNotUsable(details={"reason": one.reason})
    if (one.terms.kind == "delivery") != on_fee:
        raise BadRequest(
            "coupon: this one is for delivery." if not on_fee else "delivery_coupon: this one is for goods."
        )
    return one.terms if one.reason is None else None


def _frozen(address: Address) -> FrozenAddress:
    return FrozenAddress(**{name: getattr(address, name) for name in FrozenAddress.__struct_fields__})
