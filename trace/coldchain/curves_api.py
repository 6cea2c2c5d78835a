"""HTTP: curves of a shipment and of a batch, with their limits, gaps and breaches; and what was found, as a list.

What a batch went through is for everybody: it is the page behind its QR code that asks.
"""

from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import iso, page, place
from livehub.base.sql import queries
from trace.coldchain import schemas
from trace.coldchain.curve import Stretch, drawn, in_order
from trace.coldchain.errors import ShipmentNotFound
from trace.coldchain.finding import DEFAULT, NO_RULE, corrected, corrections_of, unpacked
from trace.coldchain.life import LifeModel, Span, life_left, mean_kinetic_c, spans
from trace.coldchain.readings import Reading
from trace.coldchain.rules import MINUTE_MS, Rule
from trace.coldchain.settings import ColdChainConfig

Q = queries(__file__, "shipments.sql")
FOUND = queries(__file__, "findings.sql")
RULES = queries(__file__, "rules.sql")

SHIPMENTS_MAX = 20  # of one batch, in one answer
SHELF_C = 4.0  # at which what is left is told
CACHED_S = 5  # of the public curve: a rush of scans asks once


class CurvesApi:
    def __init__(self, core: Config, config: ColdChainConfig, database: Database) -> None:
        self._core = core
        self._config = config
        self._database = database

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
        async with self._database.connection() as db:
            if await db.fetchrow(Q["shipment"], call.path["shipment"]) is None:
                raise ShipmentNotFound
            products = {row["product"] for row in await db.fetch(Q["batches_of"], [call.path["shipment"]])}
            product = products.pop() if len(products) == 1 else None
            breaches = await db.fetch(
                Q["findings"], None, None, "breach", call.path["shipment"], None, self._core.lists_max
            )
            return await self._curves(
                db, [call.path["shipment"]], product, breaches, call.now_ms, points=call.query.points
            )

    async def of_batch(self, call: Call[None]) -> schemas.Curves:
        """What a batch went through, shipment by shipment: public."""
        call.max_age_s = CACHED_S
        return await self.curves(call.path["batch"], points=call.query.points, now_ms=call.now_ms)

    async def curves(self, batch: str, *, points: int | None, now_ms: int) -> schemas.Curves:
        """The same, for those who tell of a batch."""
        async with self._database.connection() as db:
            ways = await db.fetch(Q["of_batch"], batch, SHIPMENTS_MAX)
            product = ways[-1]["product"] if ways else None
            breaches = await db.fetch(Q["findings"], None, None, "breach", None, batch, self._core.lists_max)
            return await self._curves(db, [row["shipment"] for row in ways], product, breaches, now_ms, points=points)

    async def findings(self, call: Call[None]) -> schemas.FoundList:
        """What broke a rule or came near, the latest first."""
        asked, most, start = call.query, call.query.most(self._core.lists_max), place(call.query.after)
        async with self._database.connection() as db:
            rows = await db.fetch(
                Q["findings"], *(start or (None, None)), asked.level, asked.shipment, asked.batch, most + 1
            )
        kept, is_more = page(rows, most)
        next_ = f"{kept[-1]['told_ms']}.{kept[-1]['id']}" if is_more else None
        return schemas.FoundList(items=[_finding(row) for row in kept], next=next_)

    # ---

    async def _curves(
        self,
        db: Connection,
        shipments: Sequence[str],
        product: str | None,
        breaches: Sequence[Record],
        now_ms: int,
        *,
        points: int | None,
    ) -> schemas.Curves:
        stored = await db.fetchrow(RULES["rule_of"], product or DEFAULT)
        rule = NO_RULE if stored is None else msgspec.json.decode(stored["rule"], type=Rule)
        model = (
            None if stored is None or stored["model"] is None else msgspec.json.decode(stored["model"], type=LifeModel)
        )
        gap_ms = int(rule.silence_minutes * MINUTE_MS)
        sensors = await db.fetch(Q["sensors_of"], list(shipments))
        corrections = await corrections_of(db, [row["sensor"] for row in sensors])
        most = min(points or self._config.curve_points_max, self._config.curve_points_max)
        curves, worst = list[schemas.SensorCurve](), dict[str, list[Span]]()
        for row in sensors:
            made = corrections.get(row["sensor"], [])
            found = in_order(corrected(await self._readings(db, row, now_ms), made))
            sound = [(each.at_ms, each.celsius) for each in found if each.fault is None]
            went = spans(sound, gap_ms=gap_ms)
            curves.append(_curve(row, found, went, gap_ms, most, now_ms, is_corrected=bool(made)))
            if model is not None and went:
                before = worst.get(row["shipment"])
                if (
                    before is None
                    or life_left(model, went, at_c=SHELF_C).used > life_left(model, before, at_c=SHELF_C).used
                ):
                    worst[row["shipment"]] = went
        return schemas.Curves(
            product=None if product == DEFAULT else product,
            high_c=rule.high_c,
            low_c=rule.low_c,
            gap_s=gap_ms / 1000,
            curves=curves,
            breaches=[_finding(row) for row in breaches],
            shelf_life=None if model is None or not worst else _shelf_life(model, worst),
        )

    async def _readings(self, db: Connection, sensor: Record, now_ms: int) -> list[Reading]:
        """Of one sensor in one shipment; of very many the newest."""
        until_ms = (
            now_ms + self._config.sensor_future_s_max * 1000 if sensor["ended_ms"] is None else sensor["ended_ms"]
        )
        rows = await db.fetch(
            FOUND["newest_readings"], sensor["sensor"], sensor["began_ms"], until_ms, self._config.curve_readings_max
        )
        found: list[Reading] = []
        for row in rows:
            found += [each for each in unpacked(row) if sensor["began_ms"] <= each.at_ms <= until_ms]
            if len(found) >= self._config.curve_readings_max:
                break
        return found


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


def _shelf_life(model: LifeModel, worst: Mapping[str, Sequence[Span]]) -> schemas.ShelfLife:
    life = life_left(model, [span for went in worst.values() for span in went], at_c=SHELF_C)
    return schemas.ShelfLife(model=model, life=life, is_assumed=model.is_assumed)


def _finding(row: Record) -> schemas.Finding:
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
        correction=row["correction"],
        leaf=row["leaf"],
    )
