"""HTTP: windows of time, by hand or from weekly patterns. Capacity is stock, so it wants that right.

Each change asks the stock engine first, then writes the row. A crash in between leaves the engine ahead of the row, as does a
place that came back from an order; the next change goes by the units that the engine has, so that the row catches up.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record

from commerce.delivery import lists, schemas
from commerce.delivery.choosing import resource
from commerce.delivery.editing import changes_of, check_room, write_down
from commerce.delivery.errors import (
    AreaNotFound,
    CapacityTaken,
    DeliveryFull,
    PatternNotFound,
    PointNotFound,
    SlotNotFound,
)
from commerce.delivery.making import Q, WindowMaker, expected, pattern_of, put_window
from commerce.delivery.settings import DeliveryConfig
from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Adjust, Refused
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, Unavailable, VersionStale
from livehub.base.lists import iso, page, place
from livehub.base.moment import moment
from livehub.base.moments import END_MS, to_ms
from livehub.base.streamed import Streamed
from livehub.people import list_files
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

COLUMNS = (
    "name", "method", "from", "until", "orders_until", "capacity", "held", "sold", "left", "is_closed",
)  # fmt: skip
WINDOW_HOURS_MAX = 24
HOUR_MS = 3_600_000


class WindowsApi:
    def __init__(
        self,
        config: DeliveryConfig,
        zone: ZoneInfo,
        database: Database,
        client: StockClient,
        maker: WindowMaker,
        files: ListFiles,
    ) -> None:
        self._config = config
        self._zone = zone
        self._database = database
        self._client = client
        self._maker = maker
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        edit = Permission.EDIT_STOCK
        windows, patterns = "/api/delivery/windows", "/api/delivery/patterns"
        whose = (AreaNotFound, PointNotFound)
        return [
            get(windows, self.windows, may=edit, query=schemas.WindowsQuery, reply=schemas.DeliveryWindows),
            post(
                windows, self.add, may=edit, body=schemas.WindowRequest, reply=schemas.DeliveryWindow, status=201,
                errors=(*whose, Unavailable),
            ),
            post(
                f"{windows}/{{window}}", self.change, may=edit, body=schemas.WindowChange, reply=schemas.DeliveryWindow,
                errors=(SlotNotFound, CapacityTaken, VersionStale, Unavailable), method="PATCH",
            ),
            get(patterns, self.patterns, may=edit, query=schemas.DeliveryQuery, reply=schemas.DeliveryPatterns),
            post(
                patterns, self.add_pattern, may=edit, body=schemas.PatternRequest, reply=schemas.DeliveryPattern,
                status=201, errors=(*whose, DeliveryFull, Unavailable),
            ),
            post(
                f"{patterns}/{{pattern}}", self.change_pattern, may=edit, body=schemas.PatternChange,
                reply=schemas.DeliveryPattern, errors=(PatternNotFound, VersionStale, Unavailable), method="PATCH",
            ),
        ]  # fmt: skip

    # --- windows ---

    async def windows(self, call: Call[None]) -> schemas.DeliveryWindows | Streamed:
        """Windows, the earliest first, and how they stand; with an `Accept` of CSV or a spreadsheet all of them as a file."""
        query: schemas.WindowsQuery = call.query
        start = place(query.after)
        span = (
            to_ms(query.from_, self._zone, "from") if query.from_ else 0,
            to_ms(query.until, self._zone, "until") if query.until else END_MS,
        )
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "delivery_windows", COLUMNS, self._pages(query, span, start))
        most = query.most(self._config.lists_max)
        rows, has_more = page(await self._found(query, span, start, most + 1), most)
        next_ = f"{rows[-1]['from_ms']}.{rows[-1]['id']}" if has_more else None
        return schemas.DeliveryWindows(items=[_window(row) for row in rows], next=next_)

    async def _found(
        self, query: schemas.WindowsQuery, span: tuple[int, int], start: tuple[int, str] | None, most: int
    ) -> Sequence[Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(Q["windows"], *span, query.area, query.point, *(start or (None, None)), most)

    async def _pages(
        self, query: schemas.WindowsQuery, span: tuple[int, int], start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while rows := await self._found(query, span, start, ROWS_PER_QUERY):
            yield [_cells(row) for row in rows]
            start = (rows[-1]["from_ms"], rows[-1]["id"])

    async def add(self, call: Call[schemas.WindowRequest]) -> schemas.DeliveryWindow:
        """Add a window."""
        body, connection = call.body, call.tx.connection
        await _check_whose(connection, body.area, body.point)
        from_ms, until_ms = to_ms(body.from_, self._zone, "from"), to_ms(body.until, self._zone, "until")
        if not 0 < until_ms - from_ms <= WINDOW_HOURS_MAX * HOUR_MS:
            raise BadRequest(f"until: it must be after from, by {WINDOW_HOURS_MAX} hours at most.")
        orders_until_ms = self._orders_until(body.orders_until, from_ms, from_ms, until_ms, call.now_ms)
        id_ = call.keyed_id()
        await put_window(
            self._client.ask_for_staff, id_, body.capacity, orders_until_ms=orders_until_ms
        )  # fmt: skip
        is_new = await connection.fetchval(
            Q["insert_window"], id_, body.area, body.point, from_ms, until_ms, orders_until_ms, body.capacity, None, None,
            call.now_ms, call.person.id,
        )  # fmt: skip
        window = await _standing(connection, id_)
        if is_new:
            await write_down(connection, call, "delivery_window", None, window)
        return window

    async def change(self, call: Call[schemas.WindowChange]) -> schemas.DeliveryWindow:
        """Change how many orders a window takes and until when, close it, or open it again."""
        connection = call.tx.connection
        row = await connection.fetchrow(Q["window_for_update"], call.path["window"])
        if row is None:
            raise SlotNotFound(details={"reason": "unknown"})
        fields = changes_of(call.body, row["version"])
        if row["until_ms"] <= call.now_ms:
            raise SlotNotFound("This window is over.", details={"reason": "closed"})
        before = await _standing(connection, row["id"])
        orders_until_ms = row["orders_until_ms"]
        if "orders_until" in fields:
            orders_until_ms = self._orders_until(
                fields["orders_until"], orders_until_ms, row["from_ms"], row["until_ms"], call.now_ms
            )
        is_closed, capacity = fields.get("is_closed", row["is_closed"]), fields.get("capacity", before.capacity)
        if (orders_until_ms, is_closed) != (row["orders_until_ms"], row["is_closed"]):
            await put_window(
                self._client.ask_for_staff, row["id"], capacity, orders_until_ms=orders_until_ms, is_closed=is_closed
            )
        await self._resize(connection, row, capacity)
        if (orders_until_ms, capacity, is_closed) == (row["orders_until_ms"], row["capacity"], row["is_closed"]):
            return before
        await connection.execute(
            Q["change_window"], row["id"], orders_until_ms, capacity, is_closed, call.now_ms, call.person.id
        )  # fmt: skip
        window = await _standing(connection, row["id"])
        await write_down(connection, call, "delivery_window", before, window)
        return window

    def _orders_until(
        self, wanted: str | int | None, otherwise_ms: int, from_ms: int, until_ms: int, now_ms: int
    ) -> int:
        """Raises BadRequest unless it is to come, and not after the window."""
        ms = otherwise_ms if wanted is None else to_ms(wanted, self._zone, "orders_until")
        if not now_ms < ms <= until_ms:
            field = "from" if wanted is None and ms == from_ms else "orders_until"
            raise BadRequest(f"{field}: orders end between now and the end of the window.")
        return ms

    async def _resize(self, connection: Connection, row: Any, capacity: int) -> None:
        """Give the engine's resource so many units, under the row's lock, by which nobody else changes them. The same change
        again has the same key, in case only its answer was lost. Raises CapacityTaken, Unavailable.
        """
        units = await connection.fetchval(Q["units_of"], resource(row["id"]))
        if units is None or units == capacity:
            return
        key = f"{resource(row['id'])} {row['version']} {units} {capacity}"
        answer = await self._client.ask_for_staff(Adjust(resource(row["id"]), capacity - units, key))
        if isinstance(answer, Refused) and answer.code == codes.BELOW:
            raise CapacityTaken(details={"taken": answer.left})
        expected(answer)
        if await connection.fetchval(Q["units_of"], resource(row["id"])) != capacity:
            raise Unavailable("The window was changed meanwhile.", retry_after_ms=1_000)

    # --- patterns ---

    async def patterns(self, call: Call[None]) -> schemas.DeliveryPatterns | Streamed:
        """The weekly patterns; as CSV or XLSX if the client asks for that."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["patterns"], self._config.delivery_areas_max)
        whose = {row["id"]: row["whose"] for row in rows}
        found = lists.found([_pattern(row) for row in rows], call.query, lambda each: [whose[each.id]])
        if list_files.is_wanted(call.request):
            cells = lists.one_page([lists.pattern_cells(each, whose[each.id]) for each in found])
            return await self._files.begin(call, "delivery_patterns", lists.PATTERN_COLUMNS, cells)
        items, next_ = lists.page(found, call.query)
        return schemas.DeliveryPatterns(items=items, ahead_days=self._config.delivery_ahead_days, next=next_)

    async def add_pattern(self, call: Call[schemas.PatternRequest]) -> schemas.DeliveryPattern:
        """Add a weekly pattern, and make its windows."""
        body, connection = call.body, call.tx.connection
        await _check_whose(connection, body.area, body.point)
        await connection.execute(Q["lock_patterns"])
        check_room(await connection.fetchval(Q["count_patterns"]), self._config.delivery_areas_max)
        pattern = await self._put(call, call.keyed_id(), body)
        await write_down(connection, call, "delivery_pattern", None, pattern)
        return pattern

    async def change_pattern(self, call: Call[schemas.PatternChange]) -> schemas.DeliveryPattern:
        """Change a weekly pattern, and make its windows; those that there are stay as they are."""
        row = await call.tx.connection.fetchrow(Q["pattern_for_update"], call.path["pattern"])
        if row is None:
            raise PatternNotFound
        before = _pattern(row)
        fields = {name: getattr(before, name) for name in schemas.PatternRequest.__struct_fields__}
        wanted = schemas.PatternRequest(**fields | changes_of(call.body, row["version"]))
        if all(getattr(wanted, name) == value for name, value in fields.items()):
            return before
        pattern = await self._put(call, before.id, wanted)
        await write_down(call.tx.connection, call, "delivery_pattern", before, pattern)
        return pattern

    async def _put(self, call: Call[Any], id_: str, wanted: schemas.PatternRequest) -> schemas.DeliveryPattern:
        if wanted.from_minute >= wanted.until_minute:
            raise BadRequest("until_minute: it must be after from_minute.")
        begins_on = _day(wanted.begins_on, "begins_on") or self._maker.today(call.now_ms)
        ends_on = _day(wanted.ends_on, "ends_on")
        if ends_on is not None and ends_on < begins_on:
            raise BadRequest("ends_on: it must not be before begins_on.")
        row = await call.tx.connection.fetchrow(
            Q["put_pattern"], id_, wanted.area, wanted.point, sorted(set(wanted.days)), wanted.from_minute,
            wanted.until_minute, wanted.cut_off_minutes, wanted.capacity, begins_on, ends_on, wanted.is_on, call.now_ms,
            call.person.id,
        )  # fmt: skip
        assert row is not None
        if await call.tx.connection.fetchrow(Q["live_pattern"], id_) is not None:
            ask = self._client.ask_for_staff
            await self._maker.make(call.tx.connection, pattern_of(row), now_ms=call.now_ms, ask=ask)
        return _pattern(row)


async def _check_whose(connection: Connection, area: str | None, point: str | None) -> None:
    """Raise BadRequest unless it is one of the two, AreaNotFound and PointNotFound unless that is there."""
    if (area is None) == (point is None):
        raise BadRequest("Give exactly one of `area` and `point`.")
    if area is not None and not await connection.fetchval(Q["is_area"], area):
        raise AreaNotFound
    if point is not None and not await connection.fetchval(Q["is_point"], point):
        raise PointNotFound


async def _standing(connection: Connection, id_: str) -> schemas.DeliveryWindow:
    return _window(await connection.fetchrow(Q["window"], id_))


def _window(row: Any) -> schemas.DeliveryWindow:
    """`capacity` is what the engine has, which orders are decided by."""
    from_, until, orders_until = (iso(row[name]) for name in ("from_ms", "until_ms", "orders_until_ms"))
    assert from_ is not None and until is not None and orders_until is not None  # noqa: PT018
    return schemas.DeliveryWindow(
        id=row["id"],
        version=row["version"],
        area=row["area"],
        point=row["point"],
        from_=from_,
        until=until,
        orders_until=orders_until,
        capacity=row["units"],
        held=row["held"],
        sold=row["sold"],
        left=max(0, row["units"] - row["held"] - row["sold"]),
        is_closed=row["is_closed"],
        pattern=row["pattern"],
        warehouse=row["warehouse"],
    )


def _cells(row: Record) -> list[csv.Cell]:
    window = _window(row)
    return [
        row["whose"], "door" if window.point is None else "pickup", *map(moment, (row["from_ms"], row["until_ms"])),
        moment(row["orders_until_ms"]), window.capacity, window.held, window.sold, window.left, window.is_closed,
    ]  # fmt: skip


def _pattern(row: Any) -> schemas.DeliveryPattern:
    fields = {name: row[name] for name in schemas.DeliveryPattern.__struct_fields__}
    ends_on = row["ends_on"]
    days = {"begins_on": row["begins_on"].isoformat(), "ends_on": None if ends_on is None else ends_on.isoformat()}
    return schemas.DeliveryPattern(**fields | days)


def _day(text: str | None, field: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{field}: this is no day of the calendar.") from error
