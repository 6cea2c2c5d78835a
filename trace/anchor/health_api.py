"""HTTP: how the log, its witnesses and its anchors are, for those who look after them."""

from collections.abc import Callable
from typing import Any

from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.lists import iso
from livehub.base.sql import queries
from trace.anchor import payload, schemas
from trace.anchor.anchors_api import labels_of
from trace.anchor.settings import AnchorConfig, kinds
from trace.log import api as log_api
from trace.log import cosigned
from trace.log.settings import LogConfig

Q = queries(__file__, "health.sql")
LOG = log_api.Q

WEI_PER_GWEI = 1_000_000_000
REASON_CHARS_MAX = 300


class HealthApi:
    def __init__(
        self, config: AnchorConfig, log_config: LogConfig, database: Database, now_s: Callable[[], float]
    ) -> None:
        self._config = config
        self._database = database
        self._now_s = now_s
        self._kinds = kinds(config)
        self._chain = payload.chain_of(config.anchor_evm_chain_id)
        self._least = log_config.log_witnesses_min
        self._witnesses = cosigned.asked(log_config.log_witnesses)
        self._is_published = bool(log_config.log_dir)

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/log/health", self.health, may=Permission.RUN_COLD_CHAIN, reply=schemas.LogHealth)]

    async def health(self, _call: Call[None]) -> schemas.LogHealth:
        """How the log, its witnesses and its anchors are: what is not as it should be has to be looked at by somebody."""
        async with self._database.connection() as connection:
            head = await connection.fetchrow(Q["log"])
            state = await connection.fetchrow(LOG["state"], log_api.WAITING_MAX)
            rows = await connection.fetch(Q["anchors"])
        now_ms = int(self._now_s() * 1000)
        size = 0 if head is None else head["published"]
        at_ms = None if head is None or head["note"] is None else head["at_ms"]
        witnesses = cosigned.cosigned(None if head is None else head["note"], self._witnesses)
        return schemas.LogHealth(
            is_published=self._is_published,
            origin="" if head is None else head["origin"],
            size=size,
            published_at=iso(at_ms),
            age_s=None if at_ms is None else max(0, now_ms - at_ms) / 1000,
            waiting=0 if state is None else state["waiting"],
            witnesses=[
                schemas.WitnessHealth(name=each.name, cosigned_at=None if each.at_s is None else iso(each.at_s * 1000))
                for each in witnesses
            ],
            witnesses_min=self._least,
            anchors=[*self._anchors(rows, size, now_ms)],
            anchor_every_s=self._config.anchor_every_s,
            confirmations=self._config.anchor_evm_confirmations,
            as_of=iso(now_ms) or "",
        )

    def _anchors(self, rows: list[Any], size: int, now_ms: int) -> list[schemas.AnchorHealth]:
        """Those that are switched on. Of one that nobody has looked at yet only its kind is known."""
        shown = [
            row for row in rows if row["kind"] in self._kinds and (row["kind"] != "evm" or row["chain"] == self._chain)
        ]
        found = {row["kind"] for row in shown}
        missing = [
            schemas.AnchorHealth(anchor=kind, kind=kind, looked_at=None) for kind in self._kinds if kind not in found
        ]
        return [*(_anchor(row, size, now_ms) for row in shown), *missing]


def _anchor(row: Any, size: int, now_ms: int) -> schemas.AnchorHealth:
    anchored_ms = row["block_ms"] or row["confirmed_ms"]
    label, labels = labels_of(row)
    under_way = None
    if row["open_state"] is not None:
        under_way = schemas.AnchorUnderWay(
            state=row["open_state"], size=row["open_size"], begun_at=iso(row["open_begun_ms"]) or "", depth=row["open_depth"],
            attempts=row["open_attempts"], fee_gwei=_gwei(row["open_fee_wei"]), fallbacks=row["open_fallbacks"],
        )  # fmt: skip
    return schemas.AnchorHealth(
        anchor=row["anchor"], kind=row["kind"], looked_at=iso(row["looked_ms"]), chain=row["chain"] or None,
        failing_since=iso(row["failing_since_ms"]), reason=row["reason"][:REASON_CHARS_MAX] or None, newest=row["id"],
        size=row["size"], behind=None if row["size"] is None else max(0, size - row["size"]), tx=row["tx"], block=row["block"],
        depth=row["depth"] or 0, anchored_at=iso(anchored_ms),
        age_s=None if anchored_ms is None else max(0, now_ms - anchored_ms) / 1000, fee_gwei=_gwei(row["fee_wei"]),
        attempts=row["attempts"] or 0, fallbacks=row["fallbacks"] or 0, under_way=under_way,
        is_development=row["is_development"], label=label, labels=labels,
    )  # fmt: skip


def _gwei(wei: int | None) -> float | None:
    return None if wei is None else wei / WEI_PER_GWEI
