"""HTTP: shipments, which put batches beside sensors for a time, and what changed hands on the way, how warm."""

import secrets
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, TextEmpty
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso, page, place
from livehub.base.moments import ISO_8601, to_ms
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.people.audit import Act, record
from trace.batches.store import products_of
from trace.coldchain import schemas
from trace.coldchain.errors import DeviceNotFound, ShipmentNotFound, ShipmentOver
from trace.coldchain.finding import AFTERWARDS, ENDED, Telling, tell
from trace.coldchain.rules import handover
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.timetable import DEFAULT
from trace.coldchain.watching import of_shipment
from trace.log import entries
from trace.log.commitments import commit_to

Q = queries(__file__, "shipments.sql")
FINDINGS = queries(__file__, "findings.sql")


class ShipmentsApi:
    def __init__(self, core: Config, config: ColdChainConfig, database: Database) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._zone = ZoneInfo(core.time_zone)

    def endpoints(self) -> list[Endpoint]:
        ship, shipments = Permission.SHIP, "/api/shipments"
        one = f"{shipments}/{{shipment}}"
        return [
            get(
                shipments, self.shipments, may=ship, query=schemas.ShipmentsQuery, reply=schemas.Shipments,
                errors=(BadRequest,),
            ),
            get(one, self.shipment, may=ship, reply=schemas.Shipment, errors=(ShipmentNotFound,)),
            post(
                shipments, self.begin, may=ship, body=schemas.ShipmentRequest, reply=schemas.ShipmentMade, status=201,
                errors=(DeviceNotFound, BadRequest, TextEmpty),
            ),
            post(
                f"{one}/end", self.end, may=ship, body=schemas.ShipmentEnd, reply=schemas.Shipment,
                errors=(ShipmentNotFound, ShipmentOver, BadRequest),
            ),
            post(
                f"{one}/handovers", self.hand_over, may=ship, body=schemas.HandoverRequest, reply=schemas.Recorded,
                status=201, errors=(ShipmentNotFound, ShipmentOver, BadRequest, TextEmpty),
            ),
        ]  # fmt: skip

    async def shipments(self, call: Call[None]) -> schemas.Shipments:
        """Shipments, the latest first."""
        asked, most, start = call.query, call.query.most(self._core.lists_max), place(call.query.after)
        async with self._database.connection() as db:
            rows = await db.fetch(Q["shipments"], *(start or (None, None)), asked.is_open, asked.batch, most + 1)
            kept, is_more = page(rows, most)
            items = await _shown(db, kept)
        return schemas.Shipments(items=items, next=f"{kept[-1]['created_ms']}.{kept[-1]['id']}" if is_more else None)

    async def shipment(self, call: Call[None]) -> schemas.Shipment:
        """One shipment."""
        async with self._database.connection() as db:
            return await _one(db, call.path["shipment"])

    async def begin(self, call: Call[schemas.ShipmentRequest]) -> schemas.ShipmentMade:
        """Put batches beside sensors. What the sensors have said since it began counts, too, and is judged a moment later."""
        body, db = call.body, call.tx.connection
        began_ms, origin = self._moment_or_place(body.from_, "from")
        ends_ms, destination = (None, "") if body.to is None else self._moment_or_place(body.to, "to")
        began_ms = call.now_ms if began_ms is None else began_ms
        if ends_ms is not None and ends_ms <= began_ms:
            raise BadRequest("to: it has to come after `from`.")
        if began_ms < call.now_ms - self._config.shipment_past_s_max * 1000:
            raise BadRequest(f"from: at most {self._config.shipment_past_s_max} seconds ago.")
        devices = sorted(set(body.devices))
        if len(devices) > self._config.shipment_devices_max:
            raise BadRequest(f"devices: at most {self._config.shipment_devices_max}.")
        found = {row["id"] for row in await db.fetch(Q["lock_devices"], devices)}
        if missing := next((device for device in devices if device not in found), None):
            raise DeviceNotFound(details={"device": missing})
        products = await self._products_of(db, body.batches)
        id_ = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        said = {
            "shipment": id_, "batches": sorted(products), "devices": devices, "from": iso(began_ms),
            **await self._committed(call, origin=origin, destination=destination),
        }  # fmt: skip
        (entry,) = await entries.append(call.tx, [entries.encoded("shipment", call.now_ms, said)])
        await db.execute(
            Q["insert_shipment"], id_, origin, destination, began_ms, ends_ms, call.now_ms, call.person.id, entry
        )
        await db.execute(Q["insert_batches"], id_, list(products), list(products.values()))
        await db.execute(Q["insert_sensors"], id_, devices)
        await db.execute(FINDINGS["ask_anew"], None, id_, began_ms, began_ms, call.now_ms, AFTERWARDS)
        act = Act(type="shipment_begun", subject=id_, after={"batches": sorted(products), "devices": devices})
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        return schemas.ShipmentMade(id=id_)

    async def end(self, call: Call[schemas.ShipmentEnd]) -> schemas.Shipment:
        """The goods have arrived: what the sensors say from now on is not about them."""
        body, db = call.body, call.tx.connection
        sensors = await db.fetch(Q["sensors_of"], [call.path["shipment"]])
        await db.fetch(
            Q["lock_devices"], sorted(sensor["sensor"] for sensor in sensors)
        )  # before the shipment, as intake
        row = await self._open(call)
        at_ms = call.now_ms if body.at is None else to_ms(body.at, self._zone, "at")
        if not row["began_ms"] <= at_ms <= call.now_ms:
            raise BadRequest("at: after it began, and not in the future.")
        if body.celsius is not None:
            where = clean(body.place, schemas.NAME_CHARS_MAX) if body.place.strip() else ""
            await self._hand_over(call, row["id"], at_ms, where, body.celsius)
        await db.execute(Q["end_shipment"], row["id"], at_ms, call.person.id)
        await db.execute(Q["end_silence"], row["id"])
        if at_ms < call.now_ms:  # what was told of the time since is none
            await db.execute(FINDINGS["ask_anew"], None, row["id"], at_ms, at_ms, call.now_ms, ENDED)
        said = {"shipment": row["id"], "ended_at": iso(at_ms)}
        await entries.append(call.tx, [entries.encoded("shipment_ended", call.now_ms, said)])
        act = Act(type="shipment_ended", subject=row["id"], after={"at": iso(at_ms)})
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        return await _one(db, row["id"])

    async def hand_over(self, call: Call[schemas.HandoverRequest]) -> schemas.Recorded:
        """Goods changed hands: how warm they were is on record, and is a breach where a product may not be so warm."""
        row = await self._open(call)
        at_ms = call.now_ms if call.body.at is None else to_ms(call.body.at, self._zone, "at")
        if not row["began_ms"] <= at_ms <= call.now_ms:
            raise BadRequest("at: after it began, and not in the future.")
        where = clean(call.body.place, schemas.NAME_CHARS_MAX)
        return await self._hand_over(call, row["id"], at_ms, where, call.body.celsius)

    # ---

    async def _hand_over(
        self, call: Call[Any], shipment: str, at_ms: int, where: str, celsius: float
    ) -> schemas.Recorded:
        tx, id_ = call.tx, ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        said = {"shipment": shipment, "handed_over_at": iso(at_ms), "celsius": str(celsius)}
        said |= await self._committed(call, place=where)
        (entry,) = await entries.append(tx, [entries.encoded("handover", call.now_ms, said)])
        await tx.connection.execute(Q["insert_handover"], id_, shipment, at_ms, where, celsius, call.person.id, entry)
        act = Act(type="shipment_handed_over", subject=shipment, after={"place": where, "celsius": celsius})
        await record(tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return schemas.Recorded(id=id_, findings=await self._judge_handover(tx, shipment, celsius, at_ms, call.now_ms))

    @staticmethod
    async def _committed(call: Call[Any], **said: str) -> dict[str, str]:
        """What was typed, as the log has it: it may name people, and the log is for ever."""
        who = call.person.id
        return {f"{name}_commitment": await commit_to(call.tx, who, text) for name, text in said.items() if text}

    async def _judge_handover(
        self, tx: Transaction, shipment: str, celsius: float, at_ms: int, now_ms: int
    ) -> list[str]:
        found: list[str] = []
        told = set[str]()
        for each in await of_shipment(tx.connection, shipment):
            breach = handover(each.rule_at(at_ms).rule, celsius, at_ms)
            if breach is not None and each.product not in told:
                told.add(each.product)
                each.device = None
                found += await tell(tx, each, [breach], self._telling(now_ms))
        return found

    def _telling(self, now_ms: int) -> Telling:
        return Telling(told_ms=now_ms, late_ms=self._config.sensor_late_s * 1000)

    def _moment_or_place(self, said: int | str, field: str) -> tuple[int | None, str]:
        if isinstance(said, int) or ISO_8601.fullmatch(said):
            return to_ms(said, self._zone, field), ""
        return None, clean(said, schemas.NAME_CHARS_MAX)

    async def _products_of(self, db: Connection, batches: Sequence[str | schemas.BatchOf]) -> dict[str, str]:
        """The product of each batch: as the call says, else as the batch itself is of, else `default`."""
        said = {each.batch: each.product for each in batches if isinstance(each, schemas.BatchOf)}
        open_ = [each for each in batches if isinstance(each, str) and each not in said]
        known = await products_of(db, open_) if open_ else {}
        return {**{batch: known.get(batch, DEFAULT) for batch in open_}, **said}

    @staticmethod
    async def _open(call: Call[Any]) -> Record:
        row = await call.tx.connection.fetchrow(Q["shipment_for_update"], call.path["shipment"])
        if row is None:
            raise ShipmentNotFound
        if row["ended_ms"] is not None:
            raise ShipmentOver
        return row


async def _one(db: Connection, shipment: str) -> schemas.Shipment:
    row = await db.fetchrow(Q["shipment"], shipment)
    if row is None:
        raise ShipmentNotFound
    return (await _shown(db, [row]))[0]


async def _shown(db: Connection, rows: Sequence[Record]) -> list[schemas.Shipment]:
    ids = [row["id"] for row in rows]
    batches = await db.fetch(Q["batches_of"], ids)
    handovers = await db.fetch(Q["handovers_of"], ids)
    return [
        schemas.Shipment(
            id=row["id"],
            batches=[
                schemas.BatchOf(batch=each["batch"], product=each["product"])
                for each in batches
                if each["shipment"] == row["id"]
            ],
            devices=list(row["devices"]),
            origin=row["origin"],
            destination=row["destination"],
            began_at=iso(row["began_ms"]) or "",
            ends_at=iso(row["ends_ms"]),
            ended_at=iso(row["ended_ms"]),
            handovers=[
                schemas.Handover(at=iso(each["at_ms"]) or "", place=each["place"], celsius=each["celsius"])
                for each in handovers
                if each["shipment"] == row["id"]
            ],
            breaches=row["breaches"],
            leaf=row["leaf"],
        )
        for row in rows
    ]
