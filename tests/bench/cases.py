"""What is measured, one function per figure: it sets up, and returns (what to repeat, how many operations that is)."""

import asyncio
import math
import secrets
from collections.abc import Callable
from typing import cast

import numpy as np

from commerce.delivery.areas import Area, Place, first_with
from commerce.delivery.shapes import Corner, Polygon
from commerce.flashsale import kernel
from commerce.flashsale.arrays import Ints, Outcomes, Requests
from commerce.flashsale.tables import new_outcomes, new_tables, reserve_room
from commerce.pricing.prices import CouponTerms, DeliveryRule, Line, best, price, why_not
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.clock import Clock
from livehub.base.module import SocketEvent
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.connection import Connection, Limits
from livehub.hub.sockets.handshake import read_handshake
from livehub.hub.sockets.listener import WebSocketListener
from livehub.hub.sockets.registry import ConnectionRegistry
from livehub.hub.sockets.router import SocketRouter
from livehub.hub.sockets.websocket import Reader, unmask
from livehub.room import wire
from livehub.room.models import Card, ChatLine, QuizCard
from livehub.room.moderation import WordFilter
from livehub.room.quiz import Given, Key, decide
from livehub.room.tick import sample
from tests.room import said

Case = tuple[Callable[[], object], int]

HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: live.example\r\nConnection: Upgrade\r\n"
    b"Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    b"Upgrade: websocket\r\nOrigin: https://live.example\r\nSec-WebSocket-Version: 13\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
)


def _line(number: int) -> ChatLine:
    text = "这批蓝莓今天早上刚摘，甜度十二点五，欢迎来看"
    return ChatLine(
        id=f"line-{number}", user=f"u{number % 40}", name="小满", role="viewer", text=text, ts=1_795_348_645_126
    )


def tick_frame_of_20_lines() -> Case:
    """One tick with 20 chat lines, encoded and framed: once per room and tick, however many watch."""
    tick = wire.Tick(room="demo", chats=[_line(n) for n in range(20)], likes=12_345, viewers=50_000)
    return lambda: frames.event("tick", tick), 1


def sample_20_of_1000_lines() -> Case:
    """A fair sample of a very busy tick."""
    lines = [_line(n) for n in range(1_000)]
    return lambda: sample(lines, 20, secrets.randbelow), 1


def word_filter_on_a_line() -> Case:
    """A line against 2,000 words."""
    words = WordFilter(block=[f"badword{n}" for n in range(1_000)], hold=[f"坏词{n}号" for n in range(1_000)])
    line = _line(1).text
    return lambda: [words.check(line) for _ in range(100)], 100


def decide_a_quiz_of_50000_answers() -> Case:
    """The winners of "guess the sugar content" in a full room."""
    card = QuizCard(id="q", kind="number", question="?", opens_ts=0, closes_ts=1)
    answers = [Given(user=f"u{n}", name="n", choice=None, value=n % 173 / 10, ts=n % 20_000) for n in range(50_000)]
    return lambda: decide(card, Key(value=12.5), answers, 10), 1


def apply_a_pin() -> Case:
    """A control message, read and applied to the state of a room with a full bag."""
    cards = tuple(Card(id=f"card-{n}", title="Blueberries", price_minor=3_990, currency="CNY") for n in range(100))
    state = said.new_room().replaced(said.GOODS, said.Goods(bag=cards))
    pin = said.REGISTRY.control("demo", "e", 1, 1, said.Pinned(card=cards[50]))
    return lambda: [said.REGISTRY.apply(state, pin) for _ in range(100)], 100


def inbound_like() -> Case:
    """A `like` from its text to its acknowledgement, which is sent to nobody: the hub's own part of it."""
    config = HubConfig(socket_events_per_s_max=1e9, socket_events_burst_max=10**9)
    dispatcher = SocketRouter(config, lambda: 0.0)
    dispatcher.on(SocketEvent(name="like", body=wire.Like, reply=wire.Done), lambda _connection, _body: wire.Done())
    connection = Connection(Limits(config), "bench", "127.0.0.1", 0.0)
    connection.identity = Identity(id="u", name="n", role=Role.VIEWER)

    def likes() -> None:
        for number in range(1_000):
            dispatcher.received(connection, f'{number}["like",{{"room":"demo","n":3}}]')

    return likes, 1_000


def read_a_message() -> Case:
    """A masked message of 37 bytes, from the bytes of the stream to its payload."""
    payload, mask = b'42["like",{"room":"demo","n":3}]', b"\x01\x02\x03\x04"
    stream = (bytes((0x81, 0x80 | len(payload))) + mask + unmask(mask, payload)) * 100
    reader = Reader(65_536, deflate=False)
    return lambda: reader.feed(stream), 100


def read_a_handshake() -> Case:
    """A browser's request for a WebSocket: understood, and its answer built."""

    def read() -> None:
        handshake = read_handshake(HANDSHAKE)
        assert handshake is not None
        handshake.response(deflate=True)

    return read, 1


def compress_a_tick_of_20_lines() -> Case:
    """The same tick compressed: once for all who agreed to it."""
    tick = wire.Tick(room="demo", chats=[_line(n) for n in range(20)], likes=12_345, viewers=50_000)
    return lambda: frames.event("tick", tick).deflated, 1


class _Kernel:
    """The transport of a connection whose other end takes everything and is not there."""

    def get_extra_info(self, name: str) -> object:
        return ("127.0.0.1", 50_000) if name == "peername" else None

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        del data


def accept_and_forget_a_connection() -> Case:
    """A viewer without a token comes in, from the bytes of its handshake to its CONNECT's answer, and is gone: our own part."""
    config = HubConfig(connects_per_s_max=1e6, connects_burst_max=10**9)
    clock = Clock()
    clients = ConnectionRegistry(config, Tokens("s" * 32), SocketRouter(config, lambda: 0.0), clock=clock)
    listener = WebSocketListener(config, clients, lambda _origin, _host: True, lambda: 0.0)
    connect = b"40{}"
    frame = bytes((0x81, 0x80 | len(connect))) + b"\x01\x02\x03\x04" + unmask(b"\x01\x02\x03\x04", connect)

    def come_and_go() -> None:
        for _ in range(100):
            kernel = cast("asyncio.Transport", _Kernel())
            first = listener()
            first.connection_made(kernel)
            first.data_received(HANDSHAKE + b"\r\n\r\n")
            protocol = cast("asyncio.Protocol", kernel.protocol)  # type: ignore[attr-defined]
            protocol.data_received(frame)
            protocol.connection_lost(None)

    return come_and_go, 100


def reserve_and_release_of_a_million_people() -> Case:
    """Decisions of the stock engine: units of 64 resources held, and given back, by people of whom a million have some already,
    8,192 to a batch; memory, and not arithmetic, is what it costs.
    """
    people, resources, batch, until_ms = 1_000_000, 64, 8_192, 10**12
    chance = np.random.default_rng(1)
    tables = new_tables()

    def requests(op: int, who: Ints, hold: Ints) -> Requests:
        each, three = np.arange(len(who)), np.full((len(who), 3), kernel.NONE)
        three[:, 0] = who
        return Requests(
            op=np.full(len(who), op, np.int8),
            who=three,
            key=np.full(len(who), kernel.NONE),
            hold=hold,
            until_ms=np.full(len(who), until_ms),
            first=each,
            lines=np.full(len(who), int(op == kernel.RESERVE)),
            resource=chance.integers(0, resources, len(who)),
            units=np.ones(len(who), np.int64),
        )

    def decide(asked: Requests) -> Outcomes:
        nonlocal tables
        outcomes = new_outcomes(len(asked.op))
        tables = reserve_room(tables, resources=resources, who=people, keys=0, holds=batch, lines=batch)
        kernel.decide(tables, asked, 0, outcomes)
        assert not outcomes.code.any()
        return outcomes

    nobody = np.full(batch, kernel.NONE)
    tables = reserve_room(tables, resources=resources, who=people, keys=0, holds=0, lines=0)
    tables.resources[:resources] = (10**9, 0, 0, 100, 0, 0, 0, until_ms)
    everybody = chance.permutation(people)
    for first in range(0, people - batch, batch):
        decide(requests(kernel.RESERVE, everybody[first : first + batch], nobody))
    batches = [requests(kernel.RESERVE, chance.integers(0, people, batch), nobody) for _ in range(16)]
    releases = requests(kernel.RELEASE, nobody, nobody)

    def hold_and_give_back() -> None:
        for asked in batches:
            held = decide(asked).hold
            decide(releases._replace(hold=held))
            kernel.free_holds(tables, held)

    return hold_and_give_back, 2 * batch * len(batches)


def town_of_200_areas() -> list[Area]:
    """A grid of 20 x 10 round areas with 100 corners each, which overlap their neighbours."""

    def area(number: int) -> Area:
        lat, lon = 31.0 + 0.02 * (number // 20), 121.0 + 0.02 * (number % 20)
        corners = (
            Corner(lat=lat + 0.015 * math.sin(math.tau * n / 100), lon=lon + 0.015 * math.cos(math.tau * n / 100))
            for n in range(100)
        )
        return Area.of(str(number), [], Polygon(points=list(corners)))

    return [area(number) for number in range(200)]


def place_among_200_delivery_areas() -> Case:
    """Which of 200 areas with 100 corners each a place is in, for 100 places all over the town and around it."""
    areas = town_of_200_areas()
    places = [Place(lat=30.97 + 0.024 * (n // 10), lon=120.97 + 0.044 * (n % 10)) for n in range(100)]

    def choose() -> None:
        for place in places:
            first_with(areas, place)

    return choose, len(places)


def quote_20_lines_with_the_best_of_10_coupons() -> Case:
    """As a checkout asks: the best coupons, the price with them, and why each of the others is of no use."""
    lines = [Line(id=f"l{n}", product=f"p{n % 12}", qty=1 + n % 5, unit_price_minor=990 + 137 * n) for n in range(20)]
    wallet = [
        CouponTerms(
            id=f"c{n}",
            kind=("fixed", "percent", "delivery")[n % 3],
            currency="CNY",
            amount_minor=0 if n % 3 == 1 else 300 + n,
            basis_points=800 if n % 3 == 1 else 0,
            min_spend_minor=1_000 * n,
            products=tuple(f"p{product}" for product in range(5)) if n % 2 else None,
        )
        for n in range(10)
    ]
    delivery = DeliveryRule(fee_minor=600, free_from_minor=10**7)

    def quote() -> None:
        coupon, on_fee = best(wallet, lines, currency="CNY", delivery=delivery)
        price(lines, currency="CNY", coupon=coupon, delivery=delivery, delivery_coupon=on_fee)
        for terms in wallet:
            why_not(terms, lines, currency="CNY", coupon=coupon, delivery=delivery)

    return quote, 1


CASES: list[Callable[[], Case]] = [
    tick_frame_of_20_lines,
    sample_20_of_1000_lines,
    word_filter_on_a_line,
    decide_a_quiz_of_50000_answers,
    apply_a_pin,
    inbound_like,
    read_a_message,
    read_a_handshake,
    accept_and_forget_a_connection,
    compress_a_tick_of_20_lines,
    reserve_and_release_of_a_million_people,
    place_among_200_delivery_areas,
    quote_20_lines_with_the_best_of_10_coupons,
]
