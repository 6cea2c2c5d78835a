"""The demo: a farm with products and an open room named `demo`, so that a first look shows a show and not an empty page."""

import asyncio
import secrets
import time
from datetime import UTC, date, datetime, timedelta

from msgspec import UNSET

from commerce.catalogue import certificates
from commerce.catalogue.certificates import OnFile
from commerce.catalogue.products import card_of, put_product
from commerce.catalogue.room_messages import bag_put, pinned
from commerce.catalogue.schemas import Product
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Put, Resource
from commerce.sales.lines import stock
from livehub.app import Application
from livehub.base.auth import Identity, Role
from livehub.base.db import Transaction
from livehub.base.errors import Unavailable
from livehub.base.ids import short_id
from livehub.hub.chat.chat import Chat
from livehub.hub.chat.schemas import WordLists
from livehub.hub.chat.words import store_words, word_lists
from livehub.hub.hub import Hub
from livehub.hub.rooms.log import LockedRoom
from livehub.people import persons
from livehub.people.persons import Subject
from livehub.room.errors import RoomNotFound
from livehub.room.models import Host, InLanguages, Show
from livehub.room.room_messages import DETAILS, Details, show_changed
from media.ingest import cameras
from media.schemas import CameraRequest

ROOM = "demo"
FARM: InLanguages = {"zh": "青禾农场", "en": "Qinghe Farm"}
SHOW: InLanguages = {"zh": "透明农场日：蓝莓开采", "en": "Transparent Farm Day: blueberry harvest"}
HOST = Identity(id="demo-host", name="青禾农场 Qinghe Farm", role=Role.HOST)
OPS = Identity(id="demo-ops", name="运营 Ops", role=Role.OPS)
ADMIN = Identity(id="demo-admin", name="店主 Owner", role=Role.ADMIN)
STAFF = (HOST, OPS, ADMIN)
# Words that a moderator of any shop would start with: off-platform payment and contact bait, and crude abuse.
WORDS = WordLists(block=["加微信", "傻逼", "fuck", "scam"], hold=["代购", "微信", "telegram", "whatsapp"])


def _product(
    id_: str,
    price: int,
    list_price: int | None,
    unit: str | InLanguages,
    *,
    zh: tuple[str, str],
    en: tuple[str, str],
) -> Product:
    """`zh`, `en`: title and subtitle. The plain fields, for whoever knows no languages, are in Chinese."""
    return Product(
        id=id_,
        farm=FARM["zh"],
        title=zh[0],
        subtitle=zh[1],
        image=f"/demo/{id_}.svg",
        price_minor=price,
        list_price_minor=list_price,
        currency="CNY",
        unit=unit if isinstance(unit, str) else unit["zh"],
        titles={"zh": zh[0], "en": en[0]},
        subtitles={"zh": zh[1], "en": en[1]},
        unit_names=UNSET if isinstance(unit, str) else unit,
    )


PRODUCTS = (
    _product(
        "blueberries", 3_990, 5_900, "500 g",
        zh=("有机蓝莓", "今早采摘"), en=("Organic blueberries", "Picked this morning"),
    ),
    _product(
        "tomatoes", 1_280, 1_600, "1 kg",
        zh=("沙瓤番茄", "自然成熟"), en=("Vine tomatoes", "Ripened on the vine"),
    ),
    _product(
        "greens", 880, None, "400 g",
        zh=("时令青菜", "带着露水"), en=("Seasonal greens", "Cut at dawn"),
    ),
    _product(
        "eggs", 2_580, 2_980, {"zh": "12 枚", "en": "dozen"},
        zh=("散养鸡蛋", "当日新鲜"), en=("Free-range eggs", "Laid today"),
    ),
    _product(
        "honey", 6_800, None, "480 g",
        zh=("山花蜜", "单一蜂场"), en=("Mountain honey", "From a single apiary"),
    ),
    _product(
        "jam", 3_200, 3_800, "220 g",
        zh=("蓝莓果酱", "少糖慢煮"), en=("Blueberry jam", "Slow-cooked, less sugar"),
    ),
    _product(
        "bread", 2_200, None, "600 g",
        zh=("天然酵母面包", "清晨出炉"), en=("Sourdough bread", "Baked at dawn"),
    ),
)  # fmt: skip
# What these products claim wants a certificate on file. The pictures say that they are examples.
PROOFS = {
    "blueberries": ("organic", "DEMO-ORG-0001"),
    "eggs": ("free_range", "DEMO-FRE-0001"),
}
STOCK_OF_EACH = 1_000
A_DAY = timedelta(days=1)
ENGINE_PAUSE_S = 0.1
ENGINE_S_MAX = 60.0  # on a machine on which it was never compiled
CAMERA = CameraRequest(name="测试画面 Test picture", kind="test")
IN_THE_BAG = ("bread", "jam", "honey", "eggs", "greens", "tomatoes")  # the last one comes first in the bag


async def load(application: Application, *, has_camera: bool = True) -> None:
    """Bring the demo farm and its room into the database; what people changed in the room stays. `has_camera`: the moving test
    picture, which takes some of a core for as long as it is on.
    """
    now_ms = int(application.context.now_s() * 1000)
    async with application.database.transaction() as tx:
        for product in PRODUCTS:
            await put_product(tx.connection, product, now_ms=now_ms)
        await _prove(tx, now_ms)
        lists = await word_lists(tx.connection)
        if not (lists.block or lists.hold):
            await store_words(tx, WORDS)
        try:
            room = await application.get(Hub).controls.lock_room(tx, ROOM)
        except RoomNotFound:
            room = await _make_room(application, tx, now_ms)
            if has_camera:
                await cameras.add(tx, ROOM, CAMERA, now_ms=now_ms, by="demo-host", most=1)
        if room.state[DETAILS].show.status != "live":
            await _open(application, room, now_ms)
    await application.get(Chat).words.reload()
    await _stock(application.get(StockClient))


async def _prove(tx: Transaction, now_ms: int) -> None:
    """Have a certificate on file for what is claimed, unless one holds that somebody has put there."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    for product, (kind, number) in PROOFS.items():
        known = await certificates.of_product(tx.connection, product)
        if kind in certificates.kinds_of(known, today + A_DAY):  # whatever the shop's time zone
            continue
        example = OnFile(
            kind=kind, picture=f"/demo/certificate-{kind}.svg", number=number, valid_until=date(today.year + 1, 12, 31)
        )
        await certificates.replace(tx.connection, product, [*known, example], now_ms=now_ms)


async def _stock(client: StockClient) -> None:
    """Give each product that has none a stock, once somebody leads the stock engine. Raises Unavailable when nobody does."""
    until_s = time.monotonic() + ENGINE_S_MAX
    for product in PRODUCTS:
        while True:
            try:
                await client.ask(Put(Resource(id=stock(product.id), units=STOCK_OF_EACH)))
                break
            except Unavailable:
                if time.monotonic() > until_s:
                    raise
                await asyncio.sleep(ENGINE_PAUSE_S)


async def _make_room(application: Application, tx: Transaction, now_ms: int) -> LockedRoom:
    controls = application.get(Hub).controls
    details = Details(
        title=SHOW["zh"],
        titles=SHOW,
        host=Host(name=FARM["zh"], names=FARM, avatar="/demo/host.svg"),
        poster="/demo/field.svg",
        show=Show(status="scheduled", since_ts=now_ms),
    )
    await controls.create(
        tx, ROOM, {DETAILS: details}, epoch=short_id(secrets.token_bytes(5)), by="demo-host", now_ms=now_ms
    )
    room = await controls.lock_room(tx, ROOM)
    for product in IN_THE_BAG:
        card = await card_of(tx.connection, product)
        await controls.write(room, bag_put(room.state, card, controls.bounds), now_ms=now_ms)
    pin = await card_of(tx.connection, "blueberries")
    await controls.write(room, pinned(room.state, pin, controls.bounds), now_ms=now_ms)
    return room


async def _open(application: Application, room: LockedRoom, now_ms: int) -> None:
    data = show_changed(room.state, "live", now_ms=now_ms)
    await application.get(Hub).controls.write(room, data, now_ms=now_ms)


def staff_claims() -> list[dict[str, object]]:
    """What the demo's provider says of its people."""
    return [{"sub": person.id, "name": person.name, "roles": [person.role.value]} for person in STAFF]


async def know_staff(application: Application, issuer: str) -> None:
    """Have whoever signs in there be the same person as by a link."""
    if not issuer:
        return
    now_ms = int(application.context.clock.real_s() * 1000)
    async with application.database.transaction() as tx:
        for person in STAFF:
            await persons.create(tx.connection, name=person.name, now_ms=now_ms, role=person.role, id_=person.id)
            subject = Subject("oidc", f"{issuer}|{person.id}")
            await persons.add(tx.connection, subject, person=person.id, now_ms=now_ms)


def sign_in_links(application: Application, base_url: str, ttl_s: int) -> list[tuple[str, str]]:
    """(what it is, address) of the pages. Those for staff have a token of a demo person in the fragment, which no server
    sees."""
    places = (
        ("host studio", f"/studio/{ROOM}", HOST),
        ("ops console", "/ops", OPS),
        ("people", "/ops/people", ADMIN),
        ("field phone", "/field", OPS),
    )
    links = [
        (what, f"{base_url}{path}#token={application.tokens.sign(person, now_s=time.time(), ttl_s=ttl_s)}")
        for what, path, person in places
    ]
    return [("viewer", f"{base_url}/r/{ROOM}"), *links]
