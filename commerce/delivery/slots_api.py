"""HTTP: what a buyer can choose from, for a place: windows to the door there, and of pick-up points."""

from typing import Any, cast

from commerce.delivery import choosing, schemas
from commerce.delivery.areas import Place
from commerce.delivery.errors import OutsideArea
from commerce.delivery.settings import DeliveryConfig
from commerce.delivery.shapes import distance_m
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.room.models import words_of

Q = queries(__file__, "slots.sql")


class SlotsApi:
    def __init__(self, config: DeliveryConfig, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/slots", self.slots, query=schemas.SlotsQuery, reply=schemas.Slots)]

    async def slots(self, call: Call[None]) -> schemas.Slots:
        """Delivery windows for a place, the earliest first; none where orders need none."""
        query: schemas.SlotsQuery = call.query
        if (query.lat is None) != (query.lon is None):
            raise BadRequest("lat and lon come together.")
        is_known = query.lat is not None or query.region != ""
        where = Place(region=query.region, lat=query.lat, lon=query.lon) if is_known else None
        area, reason = None, None if where is not None else "no_address"
        async with self._database.connection() as connection:
            needed, has_areas = await choosing.is_needed(connection)
            if has_areas:
                try:
                    area = None if where is None else await choosing.area_row(connection, where)
                except OutsideArea as refused:
                    reason = str(refused.details["reason"])
            id_ = None if area is None else area["id"]
            rows = await connection.fetch(Q["slots"], id_, call.now_ms, self._config.slots_max)
            if area is not None and not any(row["area"] for row in rows):
                needed = await choosing.has_windows(connection, area["id"])
        return schemas.Slots(
            items=[_slot(row, where) for row in rows],
            needed=needed,
            area=None if area is None else _area(area),
            reason=cast(schemas.Reason | None, reason if has_areas else None),
            time_zone=self._config.time_zone,
            now=iso(call.now_ms) or "",
        )


def _area(row: Any) -> schemas.SlotArea:
    return schemas.SlotArea(
        name=row["name"], names=words_of(row["names"]), currency=row["currency"], fee_minor=row["fee_minor"],
        free_from_minor=row["free_from_minor"], minimum_minor=row["minimum_minor"],
    )  # fmt: skip


def _slot(row: Any, where: Place | None) -> schemas.Slot:
    from_, until, orders_until = (iso(row[name]) or "" for name in ("from_ms", "until_ms", "orders_until_ms"))
    return schemas.Slot(
        id=row["id"], method="pickup" if row["area"] is None else "door", from_=from_, until=until,
        orders_until=orders_until, left=row["left"], point=None if row["point"] is None else _point(row, where),
        currency=row["currency"], fee_minor=row["fee_minor"], free_from_minor=row["free_from_minor"],
        minimum_minor=row["minimum_minor"],
    )  # fmt: skip


def _point(row: Any, where: Place | None) -> schemas.SlotPoint:
    far = None
    if where is not None and where.lat is not None and where.lon is not None:
        far = round(distance_m(where.lat, where.lon, row["lat"], row["lon"]))
    return schemas.SlotPoint(
        id=row["point"], name=row["name"], names=words_of(row["names"]), line=row["line"], lines=words_of(row["lines"]),
        lat=row["lat"], lon=row["lon"], opens=row["opens"], closes=row["closes"], closed_days=list(row["closed_days"]),
        distance_m=far,
    )  # fmt: skip
