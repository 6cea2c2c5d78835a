"""The story of a batch: where it was made, what was done with it and with those that it came of, when it was packed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import UNSET, structs

from livehub.base.db import Database
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.hub.rooms.product_cards import ProductCards
from trace.batches import store
from trace.batches.boxes_api import Q as BOXES
from trace.batches.errors import BatchNotFound, BoxNotFound
from trace.batches.saying import AT_SOMEBODYS_DOOR, code_of
from trace.batches.settings import BatchesConfig
from trace.batches.store import Q as BATCHES
from trace.coldchain.curves_api import CurvesApi
from trace.journey.brief_cache import BriefCache
from trace.journey.distance import km_between
from trace.journey.schemas import Journey, JourneyCurves, JourneyEvent, JourneyPlace
from trace.journey.settings import JourneyConfig

Q = queries(__file__, "journey.sql")

CERTIFICATES_MAX = 50
LOT_KEPT_S = 3_600.0
CURVES_MAX = 3  # batches whose temperature is told: this one, and of those that it came of the nearest
CURVE_POINTS_MAX = 300  # what a phone's screen can show
_MADE_BY: dict[str, Any] = {"harvest": "harvested", "slaughter": "slaughtered", "kitchen": "cooked"}


class Telling:
    """`cards`: of products, asked for when they are needed."""

    def __init__(
        self,
        config: JourneyConfig,
        batches: BatchesConfig,
        database: Database,
        cards: Callable[[], ProductCards | None],
        curves: CurvesApi,
    ) -> None:
        self._batches_max = config.journey_batches_max
        self._steps_max = batches.batch_steps_max
        self._lots_max = config.journey_lots_max
        self._database = database
        self._cards = cards
        self._curves = curves
        self._lots: BriefCache[tuple[str, str], str] = BriefCache(kept_s=LOT_KEPT_S, most=config.journey_kept_max)
        self._stories: BriefCache[tuple[str, str], Journey] = BriefCache(
            kept_s=config.journey_kept_s, most=config.journey_kept_max
        )

    async def journey(self, batch: str, serial: str | None, base: str, *, now_ms: int) -> Journey:
        """With addresses at `base`. The story of a batch is read once for all who ask in the same moment; of a box only its
        packing is looked up. Raises BatchNotFound, BoxNotFound.
        """
        coded = store.codes(base)
        story = await self._stories.get((batch, base), partial(self._read, batch, coded, now_ms=now_ms))
        if serial is None:
            return story
        async with self._database.connection() as connection:
            box = await connection.fetchrow(BOXES["box"], story.gtin, story.lot, serial)
        if box is None:
            raise BoxNotFound
        events = list(story.events)
        if box["packed_ms"] is not None:
            at = _iso(box["packed_ms"])
            events.append(JourneyEvent(kind="boxed", at=at, batch=batch, lot=story.lot, leaf=box["leaf"]))
        events.sort(key=lambda event: event.at)
        return structs.replace(story, serial=serial, code=coded(story.gtin, story.lot, serial), events=events)

    async def _read(self, batch: str, coded: store.Coded, *, now_ms: int) -> Journey:
        """Raises BatchNotFound."""
        most, steps_max, cards = self._batches_max, self._steps_max, self._cards()
        async with self._database.connection() as connection:
            back = await connection.fetch(BATCHES["ancestors"], batch, most + 1)
            forth = await connection.fetch(BATCHES["descendants"], batch, most + 1)
            told = [batch, *(each["id"] for each in back[:most])]
            made = await connection.fetch(Q["batches"], told)
            row = next((each for each in made if each["id"] == batch), None)
            if row is None:
                raise BatchNotFound
            steps = await connection.fetch(Q["steps_of"], told, steps_max + 1)
            certificates = await connection.fetch(Q["certificates"], told, CERTIFICATES_MAX)
            driven = {each["batch"]: each["lot"] for each in await connection.fetch(Q["driven"], told)}
            chains = await store.chains_of(connection, [row["leaf"]])
            card = None if cards is None else await cards.card(connection, row["product"])
        events = [_made(each) for each in made] + [_step(each) for each in steps[:steps_max]]
        return Journey(
            batch=batch,
            product=row["product"],
            title=None if card is None else card.title,
            titles=None if card is None or card.titles is UNSET else card.titles,
            image=None if card is None else card.image,
            gtin=row["gtin"],
            lot=row["lot"],
            serial=None,
            code=coded(row["gtin"], row["lot"], None),
            made_by=row["made_by"],
            made_at=_iso(row["made_ms"]),
            units=row["units"],
            chain=store.chain_of(row["leaf"], chains),
            anchoring=None if row["leaf"] is None else chains[row["leaf"]].anchoring,
            certificates=[store.certificate_of(each) for each in certificates],
            came_of=store.kin_of(back[:most], coded),
            became=store.kin_of(forth[:most], coded),
            events=with_distances(sorted(events, key=lambda event: event.at)),
            temperature=await self._temperature([(each, driven[each]) for each in told if each in driven], now_ms),
            breaches=await self._curves.breaches(told) if driven else [],
            is_whole=store.is_whole(back, most) and store.is_whole(forth, most) and len(steps) <= steps_max,
            as_of=_iso(now_ms),
        )

    async def _temperature(self, driven: Sequence[tuple[str, str]], now_ms: int) -> list[JourneyCurves]:
        found = []
        for batch, lot in driven[:CURVES_MAX]:
            curves = await self._curves.curves(batch, points=CURVE_POINTS_MAX, now_ms=now_ms)
            if curves.curves or curves.breaches:
                found.append(JourneyCurves(batch=batch, lot=lot, curves=curves))
        return found

    async def key(self) -> str | None:
        """The public key of the log; None before there is one."""
        async with self._database.connection() as connection:
            vkey: str | None = await connection.fetchval(Q["key"])
        return vkey

    async def batch_of(self, gtin: str, lot: str) -> str:
        """The batch of a lot, which it is for ever. Raises BatchNotFound."""

        async def look() -> str:
            async with self._database.connection() as connection:
                found: str | None = await connection.fetchval(BATCHES["of_lot"], gtin, lot)
            if found is None:
                raise BatchNotFound
            return found

        return await self._lots.get((gtin, lot), look)

    async def path_of(self, batch: str) -> str:
        """The path of its code. Raises BatchNotFound."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["address_of"], batch)
        if row is None:
            raise BatchNotFound
        return code_of(row["gtin"], row["lot"]).path()

    async def lots(self, gtin: str) -> Sequence[Any]:
        """The latest lots of a product."""
        async with self._database.connection() as connection:
            return await connection.fetch(Q["lots"], gtin, self._lots_max)


def with_distances(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """Each place with how far it is from the one before."""
    told: list[JourneyEvent] = []
    last: JourneyPlace | None = None
    for event in events:
        place = event.place
        if place is not None and last is not None:
            km = round(km_between(last.lat, last.lon, place.lat, place.lon), 1)
            place = structs.replace(place, km=km)
        last = place or last
        told.append(structs.replace(event, place=place))
    return told


def _made(row: Any) -> JourneyEvent:
    return JourneyEvent(
        kind=_MADE_BY.get(row["made_by"], row["made_by"]),
        at=_iso(row["made_ms"]),
        batch=row["id"],
        lot=row["lot"],
        place=_place(row),
        units=row["units"],
        leaf=row["leaf"],
    )


def _step(row: Any) -> JourneyEvent:
    digest, is_private = row["photo_sha256"], row["kind"] in AT_SOMEBODYS_DOOR
    return JourneyEvent(
        kind=row["kind"],
        at=_iso(row["at_ms"]),
        batch=row["batch"],
        lot=row["lot"],
        place=None if is_private else _place(row),
        celsius=row["celsius"],
        photo=None if is_private else row["photo"],
        photo_sha256=None if digest is None else digest.hex(),
        leaf=row["leaf"],
    )


def _place(row: Any) -> JourneyPlace | None:
    if row["place_name"] is None:
        return None
    return JourneyPlace(name=row["place_name"], lat=row["lat"], lon=row["lon"], km=None)


def _iso(ms: int) -> str:
    text = iso(ms)
    assert text is not None
    return text
