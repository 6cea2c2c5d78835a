"""HTTP: one's own addresses. Whose id is not one's own is not there."""

import secrets
from typing import Any

from asyncpg import Record
from msgspec import UNSET, structs

from livehub.base.auth import Permission
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import BadRequest
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.base.text import is_visible, one_line
from livehub.people.datum import to_wgs84
from livehub.people.phones import e164
from livehub.people.records_errors import AddressesFull, AddressNotFound, PhoneInvalid, UnknownRegion
from livehub.people.records_schemas import Address, AddressChange, Addresses, AddressRequest
from livehub.people.records_settings import RecordsConfig
from livehub.people.regions import regions

Q = queries(__file__, "addresses.sql")

POSITION = ("lat", "lon", "datum")


class AddressApi:
    def __init__(self, config: RecordsConfig, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        may, all_, one = Permission.BUY, "/api/me/addresses", "/api/me/addresses/{address}"
        wrong = (PhoneInvalid, UnknownRegion)
        return [
            get(all_, self.all, may=may, reply=Addresses),
            post(
                all_, self.add, may=may, body=AddressRequest, reply=Address, status=201, errors=(*wrong, AddressesFull)
            ),
            post(
                one, self.change, may=may, body=AddressChange, reply=Address, errors=(*wrong, AddressNotFound),
                method="PATCH",
            ),
            delete(one, self.remove, may=may, reply=None, errors=(AddressNotFound,)),
        ]  # fmt: skip

    async def all(self, call: Call[None]) -> Addresses:
        """One's own addresses."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["addresses"], call.person.id)
        return Addresses(items=[_address(row) for row in rows])

    async def add(self, call: Call[AddressRequest]) -> Address:
        """Keep another address."""
        person, db = call.person.id, call.tx.connection
        await db.execute(Q["lock_addresses"], person)
        count = await db.fetchval(Q["addresses_count"], person)
        if count >= self._config.addresses_max:
            raise AddressesFull(details={"limit": self._config.addresses_max})
        id_ = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        wanted = structs.replace(call.body, is_default=call.body.is_default or count == 0)
        return await self._put(call.tx, person, id_, wanted, now_ms=call.now_ms)

    async def change(self, call: Call[AddressChange]) -> Address:
        """Change an address."""
        person, id_ = call.person.id, call.path["address"]
        await call.tx.connection.execute(Q["lock_addresses"], person)
        row = await call.tx.connection.fetchrow(Q["address"], person, id_)
        if row is None:
            raise AddressNotFound
        changes = {name: value for name, value in structs.asdict(call.body).items() if value is not UNSET}
        if 0 < len(changes.keys() & set(POSITION)) < len(POSITION):
            raise BadRequest("lat, lon and datum come together.")
        known = {name: row[name] for name in AddressRequest.__struct_fields__}
        return await self._put(call.tx, person, id_, AddressRequest(**(known | changes)), now_ms=call.now_ms)

    async def remove(self, call: Call[None]) -> None:
        """Forget an address; if it was the default the latest one is."""
        person = call.person.id
        await call.tx.connection.execute(Q["lock_addresses"], person)
        was_default = await call.tx.connection.fetchval(Q["delete_address"], person, call.path["address"])
        if was_default is None:
            raise AddressNotFound
        if was_default:
            await call.tx.connection.execute(Q["default_latest"], person)

    @staticmethod
    async def _put(tx: Transaction, person: str, id_: str, wanted: AddressRequest, *, now_ms: int) -> Address:
        checked = checked_address(wanted, id_)
        if wanted.is_default:
            await tx.connection.execute(Q["no_default"], person)
        row = await tx.connection.fetchrow(
            Q["put_address"], id_, person, checked.name, checked.phone, checked.region, checked.line, checked.lat, checked.lon,
            checked.datum, checked.wgs84_lat, checked.wgs84_lon, checked.is_default, now_ms,
        )  # fmt: skip
        assert row is not None
        return _address(row)


async def own_address(connection: Connection, person: str, id_: str) -> Address:
    """One of a person's addresses. Raises AddressNotFound."""
    row = await connection.fetchrow(Q["address"], person, id_)
    if row is None:
        raise AddressNotFound
    return _address(row)


def checked_address(wanted: AddressRequest, id_: str = "") -> Address:
    """An address as it is kept: its phone in E.164, its texts on one line, its place in WGS-84.

    Raises UnknownRegion, PhoneInvalid, BadRequest.
    """
    if wanted.region and wanted.region not in regions():
        raise UnknownRegion
    if (wanted.lat is None) != (wanted.lon is None):
        raise BadRequest("lat and lon come together.")
    wgs84_lat, wgs84_lon = _wgs84(wanted)
    return Address(
        id=id_,
        name=_line("name", wanted.name),
        phone=e164(wanted.phone),
        region=wanted.region,
        line=_line("line", wanted.line),
        lat=wanted.lat,
        lon=wanted.lon,
        datum=wanted.datum,
        wgs84_lat=wgs84_lat,
        wgs84_lon=wgs84_lon,
        is_default=wanted.is_default,
    )


def _wgs84(wanted: AddressRequest) -> tuple[float | None, float | None]:
    if wanted.lat is None or wanted.lon is None:
        return None, None
    return to_wgs84(wanted.lat, wanted.lon, wanted.datum)


def _line(field: str, text: str) -> str:
    line = one_line(text)
    if not is_visible(line):
        raise BadRequest(f"{field}: there is nothing to see in it.")
    return line


def _address(row: Record) -> Address:
    fields: dict[str, Any] = {name: row[name] for name in Address.__struct_fields__}
    return Address(**fields)
