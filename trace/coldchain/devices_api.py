"""HTTP: sensors, their calibrations, and corrections of what they said."""

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, TextEmpty
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso, page, place
from livehub.base.moments import to_ms
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.people.audit import Act, record
from trace.coldchain import schemas
from trace.coldchain.errors import ColdChainFull, DeviceNotFound
from trace.coldchain.keys import KEY_BYTES, DeviceKeys
from trace.coldchain.settings import ColdChainConfig
from trace.log import entries
from trace.log.commitments import commit_to

Q = queries(__file__, "devices.sql")
FINDINGS = queries(__file__, "findings.sql")


class DevicesApi:
    def __init__(self, core: Config, config: ColdChainConfig, database: Database, keys: DeviceKeys) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._keys = keys
        self._zone = ZoneInfo(core.time_zone)

    def endpoints(self) -> list[Endpoint]:
        run, see, devices = Permission.RUN_COLD_CHAIN, Permission.SHIP, "/api/devices"
        return [
            get(devices, self.devices, may=see, query=schemas.DevicesQuery, reply=schemas.Devices, errors=(BadRequest,)),
            post(
                devices, self.add, may=run, body=schemas.DeviceRequest, reply=schemas.DeviceMade, status=201,
                tells_secret=True, errors=(ColdChainFull, TextEmpty),
            ),
            post(
                f"{devices}/{{device}}", self.switch, may=run, body=schemas.DeviceChange, reply=schemas.Device,
                errors=(DeviceNotFound,), method="PATCH",
            ),
            post(
                f"{devices}/{{device}}/calibrations", self.calibrate, may=run, body=schemas.CalibrationRequest,
                reply=schemas.Recorded, status=201, errors=(DeviceNotFound, BadRequest, TextEmpty),
            ),
            post(
                f"{devices}/{{device}}/corrections", self.correct, may=run, body=schemas.CorrectionRequest,
                reply=schemas.Recorded, status=201, errors=(DeviceNotFound, BadRequest, TextEmpty),
            ),
        ]  # fmt: skip

    async def devices(self, call: Call[None]) -> schemas.Devices:
        """The sensors, the newest first."""
        most, start = call.query.most(self._core.lists_max), place(call.query.after)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["devices"], *(start or (None, None)), most + 1)
        kept, is_more = page(rows, most)
        items = [_device(row, call.now_ms) for row in kept]
        return schemas.Devices(items=items, next=f"{kept[-1]['created_ms']}.{kept[-1]['id']}" if is_more else None)

    async def add(self, call: Call[schemas.DeviceRequest]) -> schemas.DeviceMade:
        """Enter a sensor. Its key is told once."""
        db = call.tx.connection
        await db.execute(Q["lock_devices"])
        if await db.fetchval(Q["count_devices"]) >= self._config.sensor_devices_max:
            raise ColdChainFull(details={"limit": self._config.sensor_devices_max})
        id_, key = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)), secrets.token_bytes(KEY_BYTES)
        name = clean(call.body.name, schemas.NAME_CHARS_MAX)
        sealed = await self._keys.seal(id_, key)
        await db.execute(Q["insert_device"], id_, name, call.body.kind, sealed, call.now_ms, call.person.id)
        act = Act(type="sensor_added", subject=id_, data={"name": name})
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        return schemas.DeviceMade(id=id_, key=key.hex())

    async def switch(self, call: Call[schemas.DeviceChange]) -> schemas.Device:
        """Switch a sensor off, or on again: lost ones, or those whose key somebody may know."""
        row = await self._locked(call)
        if row["is_on"] != call.body.is_on:
            await call.tx.connection.execute(Q["switch_device"], row["id"], call.body.is_on)
            act = Act(
                type="sensor_switched", subject=row["id"], before={"is_on": row["is_on"]},
                after={"is_on": call.body.is_on}, data={"name": row["name"]},
            )  # fmt: skip
            await record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return _device(row, call.now_ms, is_on=call.body.is_on)

    async def calibrate(self, call: Call[schemas.CalibrationRequest]) -> schemas.Recorded:
        """Put a calibration of a sensor on record."""
        body = call.body
        at_ms, due_ms = to_ms(body.at, self._zone, "at"), to_ms(body.due, self._zone, "due")
        if at_ms > call.now_ms:
            raise BadRequest("at: it has not been yet.")
        if due_ms <= at_ms:
            raise BadRequest("due: it has to come after `at`.")
        row = await self._locked(call)
        db, id_ = call.tx.connection, ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        laboratory = clean(body.laboratory, schemas.NAME_CHARS_MAX)
        certificate = clean(body.certificate, schemas.NAME_CHARS_MAX) if body.certificate.strip() else ""
        said = {"device": row["id"], "calibrated_at": iso(at_ms), "due_at": iso(due_ms), "certificate": certificate}
        (entry,) = await entries.append(call.tx, [entries.encoded("calibration", call.now_ms, said)])
        await db.execute(Q["calibrate"], row["id"], at_ms, due_ms)
        await db.execute(
            Q["insert_calibration"], id_, row["id"], at_ms, due_ms, laboratory, certificate, call.person.id, entry
        )
        act = Act(
            type="sensor_calibrated", subject=row["id"], after={"at": iso(at_ms), "due": iso(due_ms)},
            data={"name": row["name"]},
        )  # fmt: skip
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        return schemas.Recorded(id=id_, findings=[])

    async def correct(self, call: Call[schemas.CorrectionRequest]) -> schemas.Recorded:
        """Correct what a sensor said. Its readings stay on record as they were, and so does what was told of them. What it was
        beside is judged anew a moment later."""
        body = call.body
        from_ms, until_ms = to_ms(body.since, self._zone, "since"), to_ms(body.until, self._zone, "until")
        if until_ms <= from_ms:
            raise BadRequest("until: it has to come after `since`.")
        reason = clean(body.reason, schemas.REASON_CHARS_MAX)
        row = await self._locked(call)
        db, id_, device = call.tx.connection, ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)), row["id"]
        offset = None if body.offset_c is None else str(body.offset_c)
        said = {"device": device, "from": iso(from_ms), "until": iso(until_ms), "offset_c": offset}
        # What somebody typed may name people, and the log is for ever.
        logged = said | {"reason_commitment": await commit_to(call.tx, call.person.id, reason)}
        (entry,) = await entries.append(call.tx, [entries.encoded("readings_corrected", call.now_ms, logged)])
        await db.execute(
            Q["insert_correction"], id_, device, from_ms, until_ms, body.offset_c, reason, call.now_ms, call.person.id,
            entry,
        )  # fmt: skip
        act = Act(type="readings_corrected", subject=device, after=said, why=reason, data={"name": row["name"]})
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        await db.execute(FINDINGS["ask_anew"], device, None, from_ms, until_ms, call.now_ms, reason)
        return schemas.Recorded(id=id_, findings=[])

    @staticmethod
    async def _locked(call: Call[Any]) -> Record:
        row = await call.tx.connection.fetchrow(Q["device_for_update"], call.path["device"])
        if row is None:
            raise DeviceNotFound(details={"device": call.path["device"]})
        return row


def _device(row: Record, now_ms: int, *, is_on: bool | None = None) -> schemas.Device:
    due_ms = row["calibration_due_ms"]
    return schemas.Device(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        is_on=row["is_on"] if is_on is None else is_on,
        seen_at=iso(row["received_ms"]),
        newest_at=iso(row["newest_ms"]),
        newest_c=row["newest_c"],
        skew_s=row["skew_ms"] / 1000,
        calibrated_at=iso(row["calibrated_ms"]),
        calibration_due_at=iso(due_ms),
        is_overdue=due_ms is not None and now_ms > due_ms,
    )
