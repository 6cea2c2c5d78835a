"""A promise of a calendar is none of Bitcoin: under way until it is upgraded, by whichever calendar."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from hashlib import sha256

import pytest
from aiohttp import web
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from tests.trace.anchor.chains import Ledger, anchoring, config, listening, note_of
from trace.anchor.settings import AnchorConfig


class Calendar:
    """Answers as opentimestamps-server says that calendars do: POST /digest, GET /timestamp/COMMITMENT."""

    def __init__(self) -> None:
        self.url = ""
        self.is_away = False
        self.height: int | None = None  # of the block that has what it was given; None: none yet
        self.knows: set[str] = set()
        self.asked = 0

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/digest", self._digest)
        application.router.add_get("/timestamp/{commitment}", self._timestamp)
        return application

    async def _digest(self, request: web.Request) -> web.Response:
        if self.is_away:
            return web.Response(status=503)
        stamp = Timestamp(await request.read())
        promised = stamp.ops.add(OpAppend(b"nonce of this calendar")).ops.add(OpSHA256())
        promised.attestations.add(PendingAttestation(self.url))
        self.knows.add(promised.msg.hex())
        return _answer(stamp)

    async def _timestamp(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.is_away:
            return web.Response(status=503)
        commitment = request.match_info["commitment"]
        if commitment not in self.knows or self.height is None:
            return web.Response(status=404, text="Pending confirmation in Bitcoin blockchain")
        stamp = Timestamp(bytes.fromhex(commitment))
        stamp.ops.add(OpAppend(b"the rest of the tree")).ops.add(OpSHA256()).attestations.add(
            BitcoinBlockHeaderAttestation(self.height)
        )
        return _answer(stamp)


def _answer(stamp: Timestamp) -> web.Response:
    context = BytesSerializationContext()
    stamp.serialize(context)
    return web.Response(body=context.getbytes(), content_type="application/octet-stream")


@pytest.fixture
async def calendars() -> AsyncIterator[list[Calendar]]:
    async with AsyncExitStack() as stack:
        both = [Calendar(), Calendar()]
        for calendar in both:
            calendar.url = await stack.enter_async_context(listening(calendar.application()))
        yield both


def stamped_by(calendars: list[Calendar], **settings: float) -> AnchorConfig:
    urls = ",".join(calendar.url for calendar in calendars)
    return config(
        anchors="opentimestamps", anchor_ots_calendars=urls, anchor_retry_s_max=1.0,
        **({"anchor_ots_upgrade_s": 0.05} | settings),
    )  # fmt: skip


def heights(proof: bytes) -> set[int]:
    detached = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
    assert detached.file_digest == sha256(note_of(7)).digest()
    return {a.height for _, a in detached.timestamp.all_attestations() if isinstance(a, BitcoinBlockHeaderAttestation)}


async def test_t64_a_promise_is_under_way_until_it_is_upgraded(
    calendars: list[Calendar], ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    async with anchoring(database_url, stamped_by(calendars), "opentimestamps"):
        (row,) = await ledger.until(lambda rows: bool(rows) and rows[0]["proof"] is not None)
        await ledger.until(lambda _: min(calendar.asked for calendar in calendars) > 2)
        (row,) = await ledger.anchorings()
        assert (row["state"], heights(row["proof"])) == ("sent", set())
        await ledger.publish(8)
        calendars[0].height = 900_001
        row = await ledger.until_confirmed(7)
    assert (row["block"], row["block_ms"], heights(row["proof"])) == (900_001, None, {900_001})


async def test_t64_every_calendar_is_tried_for_what_another_took(
    calendars: list[Calendar], ledger: Ledger, database_url: str
):
    first, second = calendars
    second.is_away = True
    await ledger.publish(7)
    async with anchoring(database_url, stamped_by(calendars), "opentimestamps"):
        await ledger.until(lambda rows: bool(rows) and rows[0]["state"] == "sent")
        second.knows, second.height, second.is_away = first.knows, 900_002, False
        first.is_away = True
        assert (await ledger.until_confirmed(7))["block"] == 900_002


async def test_one_calendar_has_to_take_it(calendars: list[Calendar], ledger: Ledger, database_url: str):
    for calendar in calendars:
        calendar.is_away = True
    await ledger.publish(7)
    async with anchoring(database_url, stamped_by(calendars), "opentimestamps") as leader:
        await ledger.health(is_failing=True)
        assert set(leader.failed) == {"http"}
        assert [(row["state"], row["proof"]) for row in await ledger.anchorings()] == [("pending", None)]
        calendars[1].is_away = False
        await ledger.until(lambda rows: rows[0]["state"] == "sent")


async def test_a_promise_that_is_not_kept_makes_way_for_the_next_checkpoint(
    calendars: list[Calendar], ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    async with anchoring(database_url, stamped_by(calendars), "opentimestamps"):
        await ledger.until(lambda rows: bool(rows) and rows[0]["state"] == "sent")
    await ledger.connection.execute("UPDATE anchorings SET begun_ms = begun_ms - 61000")
    await ledger.publish(8)
    async with anchoring(database_url, stamped_by(calendars, anchor_ots_give_up_s=60.0), "opentimestamps"):
        rows = await ledger.until(lambda rows: len(rows) == 2 and rows[1]["state"] == "sent")
    assert [(row["size"], row["state"]) for row in rows] == [(7, "abandoned"), (8, "sent")]
