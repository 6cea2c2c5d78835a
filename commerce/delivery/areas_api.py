"""HTTP: delivery areas and pick-up points. What they cost are prices, so they want that right; to look, that of the stock."""

import secrets
from typing import Any

from msgspec import json

from commerce.delivery import lists, schemas
from commerce.delivery.editing import changes_of, check_room, write_down
from commerce.delivery.errors import AreaNotFound, DeliveryFull, PointNotFound
from commerce.delivery.settings import DeliveryConfig
from commerce.delivery.shapes import Shape, box_of, check
from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, TextEmpty, VersionStale
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.base.streamed import Streamed
from livehub.base.text import clean, clean_each
from livehub.people import list_files
from livehub.people.list_files import ListFiles
from livehub.people.regions import regions
from livehub.room.models import InLanguages

Q = queries(__file__, "areas.sql")

NAMES_MAX = schemas.NAME_CHARS_MAX
LINES_MAX = schemas.LINE_CHARS_MAX


class AreasApi:
    def __init__(self, config: DeliveryConfig, database: Database, files: ListFiles) -> None:
        self._config = config
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        see, edit = Permission.EDIT_STOCK, Permission.EDIT_PRICES
        areas, points = "/api/delivery/areas", "/api/delivery/points"
        return [
            get(areas, self.areas, may=see, query=schemas.DeliveryQuery, reply=schemas.DeliveryAreas),
            post(
                areas, self.add_area, may=edit, body=schemas.AreaRequest, reply=schemas.DeliveryArea, status=201,
                errors=(DeliveryFull, TextEmpty),
            ),
            post(
                f"{areas}/{{area}}", self.change_area, may=edit, body=schemas.AreaChange, reply=schemas.DeliveryArea,
                errors=(AreaNotFound, VersionStale, TextEmpty), method="PATCH",
            ),
            get(points, self.points, may=see, query=schemas.DeliveryQuery, reply=schemas.PickupPoints),
            post(
                points, self.add_point, may=edit, body=schemas.PointRequest, reply=schemas.PickupPoint, status=201,
                errors=(DeliveryFull, TextEmpty),
            ),
            post(
                f"{points}/{{point}}", self.change_point, may=edit, body=schemas.PointChange, reply=schemas.PickupPoint,
                errors=(PointNotFound, VersionStale, TextEmpty), method="PATCH",
            ),
        ]  # fmt: skip

    # --- areas ---

    async def areas(self, call: Call[None]) -> schemas.DeliveryAreas | Streamed:
        """The delivery areas, in their order; as CSV or XLSX if the client asks for that."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["areas"], self._config.delivery_areas_max)
        found = lists.found([_area(row) for row in rows], call.query, lists.texts_of_area)
        if list_files.is_wanted(call.request):
            cells = lists.one_page([lists.area_cells(each) for each in found])
            return await self._files.begin(call, "delivery_areas", lists.AREA_COLUMNS, cells)
        items, next_ = lists.page(found, call.query)
        return schemas.DeliveryAreas(items=items, next=next_)

    async def add_area(self, call: Call[schemas.AreaRequest]) -> schemas.DeliveryArea:
        """Add a delivery area."""
        await call.tx.connection.execute(Q["lock_areas"])
        counted = await call.tx.connection.fetchrow(Q["count_areas"])
        assert counted is not None
        check_room(counted["areas"], self._config.delivery_areas_max)
        position = counted["last"] + 1 if call.body.position is None else call.body.position
        area = await self._put_area(
            call, ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)), call.body, position
        )
        await write_down(call.tx.connection, call, "delivery_area", None, area, name=area.name)
        return area

    async def change_area(self, call: Call[schemas.AreaChange]) -> schemas.DeliveryArea:
        """Change a delivery area, or switch it off."""
        row = await call.tx.connection.fetchrow(Q["area_for_update"], call.path["area"])
        if row is None:
            raise AreaNotFound
        before = _area(row)
        fields = {name: getattr(before, name) for name in schemas.AreaRequest.__struct_fields__}
        wanted = schemas.AreaRequest(**fields | changes_of(call.body, row["version"]))
        if all(getattr(wanted, name) == value for name, value in fields.items()):
            return before
        assert wanted.position is not None
        area = await self._put_area(call, before.id, wanted, wanted.position)
        await write_down(call.tx.connection, call, "delivery_area", before, area, name=area.name)
        return area

    async def _put_area(
        self, call: Call[Any], id_: str, wanted: schemas.AreaRequest, position: int
    ) -> schemas.DeliveryArea:
        box = None
        if wanted.shape is not None:
            check(wanted.shape)
            box = box_of(wanted.shape)
        elif not wanted.regions:
            raise BadRequest("regions: an area has some, or a shape.")
        row = await call.tx.connection.fetchrow(
            Q["put_area"], id_, clean(wanted.name, NAMES_MAX), _each(wanted.names, NAMES_MAX), _divisions(wanted.regions),
            wanted.shape, *((None,) * 4 if box is None else (box.south, box.west, box.north, box.east)),
            wanted.currency, wanted.fee_minor, wanted.free_from_minor, wanted.minimum_minor, position, wanted.is_on,
            call.now_ms, call.person.id,
        )  # fmt: skip
        return _area(row)

    # --- points ---

    async def points(self, call: Call[None]) -> schemas.PickupPoints | Streamed:
        """The pick-up points, by name; as CSV or XLSX if the client asks for that."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["points"], self._config.delivery_areas_max)
        found = lists.found([_point(row) for row in rows], call.query, lists.texts_of_point)
        if list_files.is_wanted(call.request):
            cells = lists.one_page([lists.point_cells(each) for each in found])
            return await self._files.begin(call, "delivery_points", lists.POINT_COLUMNS, cells)
        items, next_ = lists.page(found, call.query)
        return schemas.PickupPoints(items=items, next=next_)

    async def add_point(self, call: Call[schemas.PointRequest]) -> schemas.PickupPoint:
        """Add a pick-up point."""
        await call.tx.connection.execute(Q["lock_points"])
        check_room(await call.tx.connection.fetchval(Q["count_points"]), self._config.delivery_areas_max)
        point = await self._put_point(call, ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)), call.body)
        await write_down(call.tx.connection, call, "delivery_point", None, point, name=point.name)
        return point

    async def change_point(self, call: Call[schemas.PointChange]) -> schemas.PickupPoint:
        """Change a pick-up point, or switch it off."""
        row = await call.tx.connection.fetchrow(Q["point_for_update"], call.path["point"])
        if row is None:
            raise PointNotFound
        before = _point(row)
        fields = {name: getattr(before, name) for name in schemas.PointRequest.__struct_fields__}
        wanted = schemas.PointRequest(**fields | changes_of(call.body, row["version"]))
        if all(getattr(wanted, name) == value for name, value in fields.items()):
            return before
        point = await self._put_point(call, before.id, wanted)
        await write_down(call.tx.connection, call, "delivery_point", before, point, name=point.name)
        return point

    async def _put_point(self, call: Call[Any], id_: str, wanted: schemas.PointRequest) -> schemas.PickupPoint:
        if wanted.opens >= wanted.closes:
            raise BadRequest("closes: it must be after opens.")
        row = await call.tx.connection.fetchrow(
            Q["put_point"], id_, clean(wanted.name, NAMES_MAX), _each(wanted.names, NAMES_MAX),
            clean(wanted.line, LINES_MAX), _each(wanted.lines, LINES_MAX), wanted.lat, wanted.lon, wanted.opens,
            wanted.closes, sorted(set(wanted.closed_days)), wanted.currency, wanted.fee_minor, wanted.free_from_minor,
            wanted.minimum_minor, wanted.is_on, call.now_ms, call.person.id,
        )  # fmt: skip
        return _point(row)


def _each(texts: Any, chars_max: int) -> dict[str, str] | None:
    return clean_each(texts, chars_max) if texts else None


def _divisions(wanted: list[str]) -> list[str]:
    """In order, each once. Raises BadRequest for what is the beginning of no code."""
    for division in wanted:
        if not any(code.startswith(division) for code in regions()):
            raise BadRequest(f"regions: there is no division {division}.")
    return sorted(set(wanted))


def _area(row: Any) -> schemas.DeliveryArea:
    fields = {name: row[name] for name in schemas.DeliveryArea.__struct_fields__}
    fields["shape"] = None if row["shape"] is None else json.decode(row["shape"], type=Shape)
    return schemas.DeliveryArea(**fields | {"names": _words(row["names"])})


def _point(row: Any) -> schemas.PickupPoint:
    fields = {name: row[name] for name in schemas.PickupPoint.__struct_fields__}
    return schemas.PickupPoint(**fields | {"names": _words(row["names"]), "lines": _words(row["lines"])})


def _words(stored: str | None) -> InLanguages | None:
    return None if stored is None else json.decode(stored, type=InLanguages)
