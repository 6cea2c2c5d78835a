"""HTTP: events on their way out: queries, single events, and the resources by which the standard lets clients look around.

/events, /events/{id}                                   all parameters of query.py
/eventTypes, /epcs, /bizSteps, /bizLocations,           what there is; below each of them its events:
/readPoints, /dispositions                              /bizSteps/shipping/events
"""

from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import structs

from livehub.base.auth import Identity
from livehub.base.clock import Clock
from livehub.base.db import Database
from trace.epcis import looking, vocabulary
from trace.epcis.asked import Query
from trace.epcis.context import STANDARD
from trace.epcis.declared import ROOT
from trace.epcis.edge import EpcisEdge, answer, extensions_of, parameters_of
from trace.epcis.errors import AddressTooLong, EpcisNotFound, PageTokenStale, QueryInvalid
from trace.epcis.facts import thing_of, uri_of
from trace.epcis.looking import Q
from trace.epcis.paging import PageTokens
from trace.epcis.query import Parameters, parsed
from trace.epcis.times import in_utc
from trace.epcis.validation import EVENT_TYPES
from trace.epcis.vocabulary import Vocabulary, expanded

# Resources and the parameter that their events are found by.
RESOURCES = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
_WORDS: dict[str, Vocabulary] = {"bizSteps": vocabulary.BIZ_STEPS, "dispositions": vocabulary.DISPOSITIONS}


class QueryApi:
    def __init__(self, database: Database, clock: Clock, edge: EpcisEdge, tokens: PageTokens) -> None:
        self._database = database
        self._clock = clock
        self._edge = edge
        self._tokens = tokens

    def attach(self, app: web.Application) -> None:
        for path in ("", "/"):
            self._edge.add(app, path, get=self.discovery)
        self._edge.add(app, "/events/{event}", get=self.event)
        resource = f"/{{resource:{'|'.join(RESOURCES)}}}"
        self._edge.add(app, resource, get=self.collection)
        self._edge.add(app, resource + "/{value}", get=self.resource)
        self._edge.add(app, resource + "/{value}/events", get=self.events_of)

    async def discovery(self, _request: web.Request, _identity: Identity) -> web.Response:
        """GET /: what there is."""
        return answer({"@context": [STANDARD], "@set": ["capture", "events", *RESOURCES]})

    # --- events ---

    async def events(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /events"""
        return await self._events(request, [])

    async def events_of(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /{resource}/{value}/events"""
        return await self._events(request, [(RESOURCES[request.match_info["resource"]], [request.match_info["value"]])])

    async def _events(self, request: web.Request, given: Parameters) -> web.Response:
        self._check_address(request)
        query = parsed([*parameters_of(request), *given], extensions_of(request))
        per_page = min(query.per_page, self._edge.config.epcis_page_events_max)
        after, told = None, 0
        if query.token is not None:
            after, told = self._tokens.read(query.token, query.digest, self._clock.real_s())
        left = per_page if query.limit is None else min(per_page, query.limit - told)
        async with self._database.connection() as connection:
            if after is None:
                await looking.check_most(connection, query)
            rows = await looking.page(connection, query, after, left + 1) if left > 0 else []
        headers = {}
        told += min(len(rows), left)
        if len(rows) > left and (query.limit is None or told < query.limit):
            headers = self._next(request, query, rows[left - 1], told)
        return answer(self._document([looking.shown(row) for row in rows[:left]]), headers=headers)

    def _next(self, request: web.Request, query: Query, last: Any, told: int) -> dict[str, str]:
        token, expires_s = self._tokens.token(query.digest, looking.place_of(last, query), told, self._clock.real_s())
        kept = [
            each
            for each in request.rel_url.raw_query_string.split("&")
            if each and not each.startswith("nextPageToken=")
        ]
        address = f"{request.rel_url.raw_path}?{'&'.join([*kept, urlencode({'nextPageToken': token})])}"
        return {
            "Link": f'<{address}>; rel="next"',
            "GS1-Next-Page-Token-Expires": in_utc(expires_s * 1000),
        }

    def _document(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "@context": [STANDARD],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": in_utc(int(self._clock.now_s() * 1000)),
            "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}},
        }

    async def event(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /events/{id}: the event, and what declared it an error, in one document."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["of_id"], request.match_info["event"].replace("\0", ""))
        if not rows:
            raise EpcisNotFound
        return answer(self._document([looking.shown(row) for row in rows]))

    def _check_address(self, request: web.Request) -> None:
        limit = self._edge.config.epcis_address_chars_max
        if len(request.raw_path) > limit:
            raise AddressTooLong(details={"limit": limit})

    # --- resources ---

    async def collection(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /{resource}: what events have used, in the order of their names."""
        self._check_address(request)
        resource = request.match_info["resource"]
        asked = parsed(parameters_of(request))
        if asked != structs.replace(Query(), per_page=asked.per_page, token=asked.token, digest=asked.digest):
            raise QueryInvalid("perPage and nextPageToken are the only parameters here.", details={"parameter": ""})
        per_page = min(asked.per_page, self._edge.config.epcis_page_events_max)
        after = "" if asked.token is None else _after(asked.token)
        async with self._database.connection() as connection:
            if resource == "epcs":
                rows = await connection.fetch(Q["things"], after, per_page + 1)
            else:
                rows = await connection.fetch(Q["words"], resource, after, per_page + 1)
        names = [row[0] for row in rows]
        headers = {}
        if len(names) > per_page:
            token = quote(names[per_page - 1], safe="")
            headers["Link"] = f'<{ROOT}/{resource}?perPage={per_page}&nextPageToken={token}>; rel="next"'
        members = [_shown(resource, each) for each in names[:per_page]]
        return answer({"@context": [STANDARD], "type": "Collection", "member": members}, headers=headers)

    async def resource(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /{resource}/{value}: that there is something below."""
        resource, value = request.match_info["resource"], request.match_info["value"].replace("\0", "")
        async with self._database.connection() as connection:
            if resource == "epcs":
                found = await connection.fetchval(Q["thing"], thing_of(value))
            else:
                found = await connection.fetchval(Q["word"], resource, _kept(resource, value))
        if found is None and not (resource == "eventTypes" and value in EVENT_TYPES):
            raise EpcisNotFound
        return answer({"@context": [STANDARD], "@set": ["events"]})


def _kept(resource: str, value: str) -> str:
    words = _WORDS.get(resource)
    if words is not None:
        return expanded(words, value)
    return value if resource == "eventTypes" else thing_of(value)


def _shown(resource: str, kept: str) -> str:
    words = _WORDS.get(resource)
    return kept.removeprefix(words.namespace) if words is not None else uri_of(kept)


def _after(token: str) -> str:
    if "\0" in token:
        raise PageTokenStale
    return token
