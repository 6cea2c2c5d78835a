"""HTTP: curves of a shipment and of a batch, with their limits, gaps and breaches; and what was found, as a list.

What a batch went through is for everybody: it is the page behind its QR code that asks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
from asyncpg import Record
from msgspec import Struct

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import iso, page, place
from livehub.base.sql import queries
from trace.coldchain import schemas
from trace.coldchain.curve import Stretch, drawn
from trace.coldchain.errors import ShipmentNotFound
from trace.coldchain.finding import CORRECTION, OWN_REASONS
from trace.coldchain.life import LifeModel, Span, life_left, mean_kinetic_c, spans
from trace.coldchain.readings import Reading
from trace.coldchain.rules import MINUTE_MS
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.stored import in_time, newest
from trace.coldchain.timetable import DEFAULT, RuleVersion
from trace.coldchain.watching import Correction, corrections_of, timetables

Q = queries(__file__, "shipments.sql")
RULES = queries(__file__, "rules.sql")

SHIPMENTS_MAX = 20  # of one batch, in one answer: the newest
SHELF_C = 4.0  # at which what is left is told
CACHED_S = 5  # of the public curve: a rush of scans asks once
ANSWERS_MAX = 64  # remembered for that long
DRAWN_MAX = 2  # answers that are drawn at once in one process
READINGS_MIN = 100  # of each sensor, however many there are
POINTS_SUM_MAX = 20_000  # of all curves in one answer
POINTS_MIN = 20  # of each


class Went(Struct, frozen=True, kw_only=True):
    """What one sensor said in one shipment, as it is stored."""

    sensor: Record
    rows: Sequence[Record]
    until_ms: int
    corrections: Sequence[Correction]


class Asked(Struct, frozen=True, kw_only=True):
    """All that an answer is drawn from."""

    product: str
    rule: RuleVersion
    model: LifeModel | None
    went: Sequence[Went]
    breaches: Sequence[Record]
    points_max: int
    now_ms: int
    is_public: bool


class _Answer:
    """Of one batch: whoever asks while it is drawn waits for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.made_ms = 0
        self.curves: schemas.Curves | None = None


class CurvesApi:
    def __init__(self, core: Config, config: ColdChainConfig, database: Database) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._drawing = asyncio.Semaphore(DRAWN_MAX)
        self._answers: OrderedDict[tuple[str, int | None], _Answer] = OrderedDict()

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/shipments/{shipment}/curves", self.of_shipment, may=Permission.SHIP, query=schemas.CurveQuery,
                reply=schemas.Curves, errors=(ShipmentNotFound,),
            ),
            get("/api/batches/{batch}/curves", self.of_batch, query=schemas.CurveQuery, reply=schemas.Curves),
            get(
                "/api/cold-chain/findings", self.findings, may=Permission.RUN_COLD_CHAIN, query=schemas.FindingsQuery,
                reply=schemas.FoundList, errors=(BadRequest,),
            ),
        ]  # fmt: skip

    async def of_shipment(self, call: Call[None]) -> schemas.Curves:
        """The curves of a shipment: of each sensor, with gaps as gaps and every low and high."""
        shipment = call.path["shipment"]
        async with self._drawing:
            async with self._database.connection() as db:
                row = await db.fetchrow(Q["shipment"], shipment)
                if row is None:
                    raise ShipmentNotFound
                products = {each["product"] for each in await db.fetch(Q["batches_of"], [shipment])}
                product = products.pop() if len(products) == 1 else DEFAULT
                breaches = await db.fetch(Q["breaches_of_shipment"], shipment, self._core.lists_max)
                asked = await self._asked(
                    db, [shipment], product, row["ended_ms"], breaches, call.query.points, call.now_ms, is_public=False
                )
            return await asyncio.to_thread(_drawn, asked)

    async def of_batch(self, call: Call[None]) -> schemas.Curves:
        """What a batch went through, shipment by shipment: public."""
        call.max_age_s = CACHED_S
        return await self.curves(call.path["batch"], points=call.query.points, now_ms=call.now_ms)

    async def curves(self, batch: str, *, points: int | None, now_ms: int) -> schemas.Curves:
        """The same, for those who tell of a batch: drawn once for all who ask within CACHED_S."""
        answer = self._answers.setdefault((batch, points), _Answer())
        self._answers.move_to_end((batch, points))
        if len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)
        async with answer.lock:
            if answer.curves is None or not 0 <= now_ms - answer.made_ms < 1000 * CACHED_S:
                answer.curves, answer.made_ms = await self._of_batch(batch, points, now_ms), now_ms
            return answer.curves

    async def breaches(self, batches: Sequence[str]) -> list[schemas.Finding]:
        """Of any of them, the latest first, as the public hears of them."""
        async with self._database.connection() as db:
            rows = await db.fetch(Q["breaches_of_batches"], list(batches), self._core.lists_max)
        return [_finding(row, is_public=True) for row in rows]

    async def _of_batch(self, batch: str, points: int | None, now_ms: int) -> schemas.Curves:
        async with self._drawing:
            async with self._database.connection() as db:
                ways = await db.fetch(Q["of_batch"], batch, SHIPMENTS_MAX)
                product = ways[-1]["product"] if ways else DEFAULT
                breaches = await db.fetch(Q["breaches_of_batches"], [batch], self._core.lists_max)
                ended_ms = ways[-1]["ended_ms"] if ways else None
                ids = [row["shipment"] for row in ways]
                asked = await self._asked(db, ids, product, ended_ms, breaches, points, now_ms, is_public=True)
            return await asyncio.to_thread(_drawn, asked)

    async def findings(self, call: Call[None]) -> schemas.FoundList:
        """What broke a rule or came near, the latest first."""
        asked, most, start = call.query, call.query.most(self._core.lists_max), place(call.query.after)
        async with self._database.connection() as db:
            rows = await db.fetch(
                Q["findings"], *(start or (None, None)), asked.level, asked.shipment, asked.batch, most + 1
            )
        kept, is_more = page(rows, most)
        next_ = f"{kept[-1]['told_ms']}.{kept[-1]['id']}" if is_more else None
        return schemas.FoundList(items=[_finding(row, is_public=False) for row in kept], next=next_)

    # ---

    async def _asked(
        self,
        db: Connection,
        shipments: Sequence[str],
        product: str,
        ended_ms: int | None,
        breaches: Sequence[Record],
        points: int | None,
        now_ms: int,
        *,
        is_public: bool,
    ) -> Asked:
        """Of all sensors together so many readings at most, of each the newest; the limits are those that stood last."""
        at_ms = now_ms if ended_ms is None else ended_ms
        rules = await timetables(db, [product], since_ms=at_ms)
        model = await db.fetchval(RULES["model_of"], product)
        sensors = await db.fetch(Q["sensors_of"], list(shipments))
        corrections = await corrections_of(db, [row["sensor"] for row in sensors])
        share = max(READINGS_MIN, self._config.curve_readings_max // max(1, len(sensors)))
        went = []
        for row in sensors:
            until_ms = now_ms + self._config.sensor_future_s_max * 1000 if row["ended_ms"] is None else row["ended_ms"]
            stored = await newest(db, row["sensor"], row["began_ms"], until_ms, most=share)
            made = corrections.get(row["sensor"], [])
            went.append(Went(sensor=row, rows=stored.rows, until_ms=until_ms, corrections=made))
        most = min(points or self._config.curve_points_max, self._config.curve_points_max)
        return Asked(
            product=product,
            rule=rules[product].at(at_ms),
            model=None if model is None else msgspec.json.decode(model, type=LifeModel),
            went=went,
            breaches=breaches,
            points_max=max(POINTS_MIN, min(most, POINTS_SUM_MAX // max(1, len(sensors)))),
            now_ms=now_ms,
            is_public=is_public,
        )


def _drawn(asked: Asked) -> schemas.Curves:
    """In a thread: some hundred thousand readings take a while."""
    rule, model = asked.rule.rule, asked.model
    gap_ms = int(rule.silence_minutes * MINUTE_MS)
    curves, worst = list[schemas.SensorCurve](), dict[str, tuple[float, list[Span]]]()
    for each in asked.went:
        found = in_time(each.rows, each.sensor["began_ms"], each.until_ms, each.corrections)
        went = spans([(one.at_ms, one.celsius) for one in found if one.fault is None], gap_ms=gap_ms)
        curves.append(
            _curve(
                each.sensor, found, went, gap_ms, asked.points_max, asked.now_ms, is_corrected=bool(each.corrections)
            )
        )
        if model is not None and went:
            used = life_left(model, went, at_c=SHELF_C).used
            shipment = each.sensor["shipment"]
            if shipment not in worst or used > worst[shipment][0]:
                worst[shipment] = used, went
    return schemas.Curves(
        product=None if asked.product == DEFAULT else asked.product,
        high_c=rule.high_c,
        low_c=rule.low_c,
        gap_s=gap_ms / 1000,
        curves=curves,
        breaches=[_finding(row, is_public=asked.is_public) for row in asked.breaches],
        shelf_life=None if model is None or not worst else _shelf_life(model, [went for _, went in worst.values()]),
    )


def _curve(
    row: Record,
    found: Sequence[Reading],
    went: Sequence[Span],
    gap_ms: int,
    most: int,
    now_ms: int,
    *,
    is_corrected: bool,
) -> schemas.SensorCurve:
    curve = drawn(found, gap_ms=gap_ms, points_max=most)
    celsius = [each.celsius for each in found if each.fault is None]
    due_ms = row["calibration_due_ms"]
    return schemas.SensorCurve(
        shipment=row["shipment"],
        device=row["sensor"],
        began_at=iso(row["began_ms"]) or "",
        ended_at=iso(row["ended_ms"]),
        lines=[_line(stretch) for stretch in curve.stretches],
        faults=[schemas.Fault(at=iso(at) or "", celsius=said, reason=why) for at, said, why in curve.faults],
        readings=curve.readings,
        lowest_c=min(celsius, default=None),
        highest_c=max(celsius, default=None),
        mean_kinetic_c=mean_kinetic_c(went),
        is_overdue=due_ms is not None and (now_ms if row["ended_ms"] is None else row["ended_ms"]) > due_ms,
        is_corrected=is_corrected,
    )


def _line(stretch: Stretch) -> schemas.Line:
    return schemas.Line(at_ms=[at for at, _ in stretch.points], celsius=[celsius for _, celsius in stretch.points])


def _shelf_life(model: LifeModel, worst: Sequence[Sequence[Span]]) -> schemas.ShelfLife:
    life = life_left(model, [span for went in worst for span in went], at_c=SHELF_C)
    return schemas.ShelfLife(model=model, life=life, is_assumed=model.is_assumed)


def _finding(row: Record, *, is_public: bool) -> schemas.Finding:
    """What staff typed to say why it was none may name people: the public hears that it was corrected, as the log does."""
    why = row["correction"]
    if is_public and why is not None and why not in OWN_REASONS:
        why = CORRECTION
    return schemas.Finding(
        id=row["id"],
        shipment=row["shipment"],
        device=row["sensor"],
        product=row["product"],
        batches=list(row["batches"]),
        level=row["level"],
        cause=row["cause"],
        from_at=iso(row["started_ms"]) or "",
        reading_at=iso(row["at_ms"]) or "",
        told_at=iso(row["told_ms"]) or "",
        ended_at=iso(row["ended_ms"]),
        celsius=row["celsius"],
        worst_c=row["worst_c"],
        limit=row["limit_value"],
        minutes=row["minutes"],
        is_late=row["is_late"],
        is_overdue=row["is_overdue"],
        corrected_at=iso(row["corrected_ms"]),
        correction=why,
        leaf=row["leaf"],
    )
