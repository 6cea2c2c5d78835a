"""HTTP: what is anchored where. Public, as the log is."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, iso, page
from livehub.room.models import InLanguages
from trace.anchor import payload, schemas
from trace.anchor.errors import AnchoringNotFound
from trace.anchor.settings import AnchorConfig, kinds
from trace.anchor.store import Q

ID_DIGITS_MAX = 18  # what fits a bigint whatever the digits


class AnchorsApi:
    def __init__(self, config: AnchorConfig, database: Database, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._now_s = now_s
        self._kinds = kinds(config)
        self._chain = payload.chain_of(config.anchor_evm_chain_id)

    def endpoints(self) -> list[Endpoint]:
        return [
            get("/api/log/anchors", self.anchors, query=PageQuery, reply=schemas.AnchoredCheckpoints),
            get(
                "/api/log/anchors/{anchoring}", self.anchor, reply=schemas.AnchorProof, errors=(AnchoringNotFound,)
            ),
        ]  # fmt: skip

    async def anchors(self, call: Call[None]) -> schemas.AnchoredCheckpoints:
        """Checkpoints of the log at anchors, the newest first, and how the anchors are."""
        most = call.query.most(self._config.lists_max)
        after = call.query.after
        if after is not None and not _is_id(after):
            raise BadRequest("after: this is no `next` of ours.")
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["page"], None if after is None else int(after), most + 1)
            health = await connection.fetch(Q["health"])
        found, has_more = page(rows, most)
        now_ms = int(self._now_s() * 1000)
        return schemas.AnchoredCheckpoints(
            items=[self._checkpoint(row) for row in found],
            anchors=[_state(row, now_ms) for row in health if self._is_on(row)],
            as_of=iso(now_ms),
            next=str(found[-1]["id"]) if has_more else None,
        )

    async def anchor(self, call: Call[None]) -> schemas.AnchorProof:
        """One of them, with what it takes to check it."""
        id_ = call.path["anchoring"]
        if not _is_id(id_):
            raise AnchoringNotFound
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["one"], int(id_))
        if row is None:
            raise AnchoringNotFound
        carried = payload.encoded(payload.Tree(row["size"], row["root"])).hex() if row["chain"] else None
        return schemas.AnchorProof(
            checkpoint=self._checkpoint(row), note=row["note"].decode(), fallbacks=row["fallbacks"], payload=carried,
            proof=None if row["proof"] is None else b64encode(row["proof"]).decode(),
        )  # fmt: skip

    def _is_on(self, row: Any) -> bool:
        """An anchor that was switched off, or is of a chain before the present one, is none any more."""
        if not self._kinds:
            return True
        return row["kind"] in self._kinds and (row["kind"] != "evm" or row["chain"] == self._chain)

    def _checkpoint(self, row: Any) -> schemas.AnchoredCheckpoint:
        is_promised = row["kind"] == "opentimestamps" and row["state"] == "sent"
        label, labels = labels_of(row)
        explorer, tx = self._config.anchor_evm_explorer_url, row["tx"]
        is_shown = explorer and tx and row["chain"] == self._chain
        return schemas.AnchoredCheckpoint(
            id=row["id"], anchor=row["anchor"], kind=row["kind"], state="pending" if is_promised else row["state"],
            size=row["size"], root=row["root"].hex(), published_at=iso(row["published_ms"]), chain=row["chain"] or None,
            tx=tx, block=row["block"], block_hash=row["block_hash"] or None, depth=row["depth"],
            anchored_at=iso(row["block_ms"]) if row["state"] == "confirmed" else None, label=label, labels=labels,
            look_at=explorer.replace("{tx}", tx) if is_shown else None,
        )  # fmt: skip


def _state(row: Any, now_ms: int) -> schemas.AnchorState:
    anchored_ms = row["block_ms"] or row["confirmed_ms"]
    label, labels = labels_of(row)
    return schemas.AnchorState(
        anchor=row["anchor"], kind=row["kind"], looked_at=iso(row["looked_ms"]), chain=row["chain"] or None,
        failing_since=iso(row["failing_since_ms"]), newest=row["id"], size=row["size"],
        age_s=None if anchored_ms is None else max(0, now_ms - anchored_ms) / 1000, label=label, labels=labels,
    )  # fmt: skip


def labels_of(row: Any) -> tuple[str | None, InLanguages | None]:
    """What to say beside what is on a chain for development."""
    return (schemas.DEVELOPMENT, schemas.LABELS) if row["is_development"] else (None, None)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX
