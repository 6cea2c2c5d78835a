"""HTTP: batches, their steps, and what became of them."""

import secrets
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, KeyReused
from livehub.base.idempotency import RowKey
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import page, place
from livehub.base.moments import to_ms
from livehub.base.text import clean, one_line
from livehub.base.uploads.errors import UploadNotFound
from livehub.people.audit import Act, record
from trace.batches import lineage, saying, schemas, store
from trace.batches.addresses import base_of
from trace.batches.epcis import epcis_of, epcis_of_batch, epcis_of_making
from trace.batches.errors import BatchNotFound, LineageWrong, LotTaken, UnitsExceeded
from trace.batches.places import Place, placed
from trace.batches.saying import Certificate, NewBatch, code_of
from trace.batches.settings import BatchesConfig
from trace.batches.store import STEPS, Q
from trace.epcis import writing
from trace.gs1.digital_links import of_14_digits
from trace.gs1.errors import CodeUnreadable
from trace.log.commitments import commit_to
from trace.log.entries import append
from trace.log.leaves import Leaves

AHEAD_MS_MAX = (
    86_400_000  # clocks of phones are wrong, and a harvest may be told of on its eve; what is later is a mistake
)
KIND_CHARS_MAX = 60


class BatchesApi:
    """`leaves`: of the log; None where nothing is published."""

    def __init__(self, core: Config, config: BatchesConfig, database: Database, leaves: Leaves | None) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._leaves = leaves
        self._zone = ZoneInfo(core.time_zone)

    def endpoints(self) -> list[Endpoint]:
        farm, steps = Permission.FARM, Permission.RECORD_STEPS
        batches, one = "/api/batches", "/api/batches/{batch}"
        coded = (CodeUnreadable, LotTaken)
        return [
            post(
                batches, self.create, may=farm, body=schemas.BatchRequest, reply=schemas.BatchMade, status=201, key_in_row=True,
                errors=(*coded, UploadNotFound, KeyReused),
            ),
            get(batches, self.list, may=steps, query=schemas.BatchQuery, reply=schemas.BatchList),
            get(one, self.look, may=steps, reply=schemas.BatchShown, errors=(BatchNotFound,)),
            get(f"{one}/lineage", self.lineage, may=steps, reply=schemas.BatchLineage, errors=(BatchNotFound,)),
            post(
                f"{one}/steps", self.add_step, may=steps, body=schemas.BatchStepRequest, reply=schemas.BatchStep, status=201,
                errors=(BatchNotFound, UploadNotFound, KeyReused),
            ),
            post(
                "/api/batch-makings", self.make, may=Permission.REPACK, body=schemas.MakingRequest, reply=schemas.MakingDone,
                status=201, errors=(BatchNotFound, UnitsExceeded, LineageWrong, *coded),
            ),
        ]  # fmt: skip

    # --- batches ---

    async def create(self, call: Call[schemas.BatchRequest]) -> schemas.BatchMade:
        """Make a batch. It answers when a published checkpoint of the log has it, or a moment later without its leaf."""
        key = call.kept_key()
        async with self._database.connection() as connection:
            id_ = await _known(connection, Q["by_key"], key)
        if id_ is None:
            id_ = await self._made(call, key)
        return await self._logged(id_, store.codes(base_of(call.request, self._core)))

    async def _made(self, call: Call[schemas.BatchRequest], key: RowKey | None) -> str:
        try:
            async with self._database.transaction() as tx:
                new = await self._new(tx.connection, call)
                await store.insert(tx, new, key, by=call.person.id, now_ms=call.now_ms)
                event = epcis_of_batch(new, base_of(call.request, self._core), self._zone)
                await writing.record(tx, event, now_ms=call.now_ms)
                shown = {"gtin": new.gtin, "lot": new.lot, "product": new.product, "units": new.units}
                await record(
                    tx.connection, [Act(type="batch", subject=new.id, after=shown)], by=call.person, now_ms=call.now_ms
                )
            return new.id
        except LotTaken:  # the same request, under way at the same moment, may be who took it
            async with self._database.connection() as connection:
                known = await _known(connection, Q["by_key"], key)
            if known is None:
                raise
            return known

    async def _new(self, connection: Connection, call: Call[schemas.BatchRequest]) -> NewBatch:
        body = call.body
        code = code_of(of_14_digits(body.gtin), body.lot)
        return NewBatch(
            id=ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)),
            product=body.product,
            gtin=code.key[1],
            lot=body.lot,
            made_by=body.made_by,
            made_ms=self._at(body.harvested_at, "harvested_at", call.now_ms),
            place=placed(body.place),
            units=body.units,
            certificates=await self._certificates(connection, call),
        )

    async def _certificates(self, connection: Connection, call: Call[schemas.BatchRequest]) -> tuple[Certificate, ...]:
        found = []
        for at, each in enumerate(call.body.certificates):
            given = schemas.BatchCertificateRequest(kind="certificate", picture=each) if isinstance(each, str) else each
            address, digest = await store.kept_picture(
                connection, given.picture, by=call.person, used_as="certificate", field=f"certificates[{at}]",
                now_ms=call.now_ms,
            )  # fmt: skip
            found.append(
                Certificate(
                    kind=clean(given.kind, KIND_CHARS_MAX),
                    number=one_line(given.number)[:KIND_CHARS_MAX],
                    valid_until=_day(given.valid_until, "certificates.valid_until"),
                    picture=address,
                    sha256=digest,
                )
            )
        return tuple(found)

    async def _logged(self, id_: str, coded: store.Coded) -> schemas.BatchMade:
        """The batch, once its leaf is known; without it when that takes longer than LIVEHUB_LOG_WAIT_S_MAX."""
        async with self._database.connection() as connection:
            row = await store.row_of(connection, id_)
        leaf = row["leaf"]
        if leaf is None and self._leaves is not None:
            leaf = (await self._leaves.awaited([row["entry"]])).get(row["entry"])
        async with self._database.connection() as connection:
            chains = await store.chains_of(connection, [leaf])
        return _made_of(row, store.chain_of(leaf, chains), coded)

    async def list(self, call: Call[None]) -> schemas.BatchList:
        """Batches, the latest first."""
        query: schemas.BatchQuery = call.query
        most = query.most(self._core.lists_max)
        coded = store.codes(base_of(call.request, self._core))
        after = place(query.after) or (None, None)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["list"], *after, query.product, query.q.strip(), most + 1)
            chains = await store.chains_of(connection, (row["leaf"] for row in rows))
        rows, has_more = page(rows, most)
        next_ = f"{rows[-1]['created_ms']}.{rows[-1]['id']}" if has_more else None
        return schemas.BatchList(items=[store.batch_of(row, coded, chains) for row in rows], next=next_)

    async def look(self, call: Call[None]) -> schemas.BatchShown:
        """A batch, its certificates and its steps."""
        coded = store.codes(base_of(call.request, self._core))
        async with self._database.connection() as connection:
            row = await store.row_of(connection, call.path["batch"])
            steps = await store.steps_of(connection, row["id"], self._config.batch_steps_max)
            certificates = await store.certificates_of(connection, row["id"])
            chains = await store.chains_of(connection, [row["leaf"]])
        return schemas.BatchShown(**store.fields_of(row, coded, chains), certificates=certificates, steps=steps)

    # --- steps ---

    async def add_step(self, call: Call[schemas.BatchStepRequest]) -> schemas.BatchStep:
        """Record something that was done with a batch. The same key is the same step, for ever."""
        body, db, key = call.body, call.tx.connection, call.kept_key()
        batch = await store.row_of(db, call.path["batch"])
        id_ = await _known(db, STEPS["by_key"], key)
        if id_ is None:
            photo, digest = await store.kept_picture(
                db, body.photo, by=call.person, used_as="step", field="photo", now_ms=call.now_ms
            )
            new = saying.NewStep(
                id=ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)),
                batch=call.path["batch"],
                kind=body.kind,
                at_ms=self._at(body.at, "at", call.now_ms),
                place=None if body.place is None else placed(body.place),
                celsius=body.celsius,
                photo=photo,
                photo_sha256=digest,
                note=clean(body.note, schemas.NOTE_CHARS_MAX) if body.note.strip() else "",
            )
            id_ = new.id
            await self._insert_step(call, new, key)
            event = epcis_of(new, batch["gtin"], batch["lot"], base_of(call.request, self._core), self._zone)
            await writing.record(call.tx, event, now_ms=call.now_ms)
        row = await db.fetchrow(STEPS["step"], id_)
        return store.step_of(row)

    @staticmethod
    async def _insert_step(call: Call[Any], new: saying.NewStep, key: RowKey | None) -> None:
        who = call.person.id
        committed = {"by_commitment": await commit_to(call.tx, who, who)}
        if new.note:
            committed["note_commitment"] = await commit_to(call.tx, who, new.note)
        (entry,) = await append(call.tx, [saying.step(new, committed, call.now_ms)])
        kept = (None, None) if key is None else (key.digest, key.fingerprint)
        await call.tx.connection.execute(
            STEPS["insert"], new.id, new.batch, new.kind, new.at_ms, call.now_ms, *store.columns_of(new.place), new.celsius,
            new.photo, new.photo_sha256, new.note, *kept, entry, who,
        )  # fmt: skip
        act = Act(type="batch_step", subject=new.batch, data={"kind": new.kind})
        await record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

    # --- lineage ---

    async def make(self, call: Call[schemas.MakingRequest]) -> schemas.MakingDone:
        """Split a batch, merge several, or repack them: new batches, which keep where they came from."""
        body, db, now_ms = call.body, call.tx.connection, call.now_ms
        used = lineage.used_of(body.inputs)
        rows = {row["id"]: row for row in await db.fetch(Q["for_update"], list(used))}
        parents = {
            id_: lineage.Parent(id=id_, product=r["product"], gtin=r["gtin"], units=r["units"], used=r["used"])
            for id_, r in rows.items()
        }
        made_ms = self._at(body.at, "at", now_ms)
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        children = lineage.children(body, parents)
        where = _place(rows[body.inputs[0].batch]) if body.place is None else placed(body.place)
        outputs = [_child(each, body.kind, made_ms, where, now_ms) for each in children]
        (entry,) = await append(call.tx, [saying.making(id_, body.kind, made_ms, used, outputs, now_ms)])
        await db.execute(Q["insert_making"], id_, body.kind, made_ms, entry, now_ms, call.person.id)
        for new in outputs:
            await store.insert(call.tx, new, None, by=call.person.id, now_ms=now_ms)
            for parent, units in used.items():
                await db.execute(Q["insert_link"], new.id, parent, units, id_)
        for parent, units in used.items():
            await db.execute(Q["use"], parent, units)
        inputs = {(rows[parent]["gtin"], rows[parent]["lot"]): units for parent, units in used.items()}
        event = epcis_of_making(inputs, outputs, base_of(call.request, self._core), self._zone)
        await writing.record(call.tx, event, now_ms=now_ms)
        act = Act(
            type="batch_making", subject=id_, data={"kind": body.kind, "inputs": len(used), "outputs": len(outputs)}
        )
        await record(db, [act], by=call.person, now_ms=now_ms)
        coded = store.codes(base_of(call.request, self._core))
        unlogged = store.chain_of(None, {})
        items = [_made_of({"id": new.id, "gtin": new.gtin, "lot": new.lot}, unlogged, coded) for new in outputs]
        return schemas.MakingDone(id=id_, items=items)

    async def lineage(self, call: Call[None]) -> schemas.BatchLineage:
        """What a batch came of, and what became of it, however far."""
        most, coded = self._config.batch_lineage_max, store.codes(base_of(call.request, self._core))
        async with self._database.connection() as connection:
            row = await store.row_of(connection, call.path["batch"])
            back = await connection.fetch(Q["ancestors"], row["id"], most + 1)
            forth = await connection.fetch(Q["descendants"], row["id"], most + 1)
            ids = [row["id"], *(each["id"] for each in (*back[:most], *forth[:most]))]
            links = await connection.fetch(Q["links"], ids)
        return schemas.BatchLineage(
            batch=row["id"],
            came_of=store.kin_of(back[:most], coded),
            became=store.kin_of(forth[:most], coded),
            links=[schemas.BatchLink(**dict(each)) for each in links],
            is_whole=store.is_whole(back, most) and store.is_whole(forth, most),
        )

    def _at(self, moment: str | int, field: str, now_ms: int) -> int:
        at_ms = to_ms(moment, self._zone, field)
        if at_ms > now_ms + AHEAD_MS_MAX:
            raise BadRequest(f"{field}: this is more than a day ahead.")
        return at_ms


async def _known(connection: Connection, query: str, key: RowKey | None) -> str | None:
    """What was made under this key before. Raises KeyReused."""
    row = None if key is None else await connection.fetchrow(query, key.digest)
    if row is None or key is None:
        return None
    key.check(row["fingerprint"])
    return str(row["id"])


def _made_of(row: Any, chain: schemas.ChainState, coded: store.Coded) -> schemas.BatchMade:
    code = coded(row["gtin"], row["lot"], None)
    return schemas.BatchMade(id=row["id"], code=code, chain=chain)


def _child(each: lineage.Child, kind: str, made_ms: int, where: Place, now_ms: int) -> NewBatch:
    code = code_of(each.gtin, each.lot)
    return NewBatch(
        id=ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)),
        product=each.product,
        gtin=code.key[1],
        lot=each.lot,
        made_by=kind,
        made_ms=made_ms,
        place=where,
        units=each.units,
    )


def _place(row: Any) -> Place:
    return Place(**{name: row[name] for name in Place.__struct_fields__})


def _day(text: str | None, field: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{field}: this is no day of the calendar.") from error
