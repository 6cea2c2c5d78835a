"""HTTP: what products bear, how long they last, and what buyers are offered after a breach, as ops say."""

from typing import Any

import msgspec
from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, VersionStale
from livehub.base.sql import queries
from livehub.people.audit import Act, record
from trace.coldchain import schemas
from trace.coldchain.errors import ColdChainFull, ModelUnknown
from trace.coldchain.events import Offer
from trace.coldchain.life import MODELS
from trace.coldchain.rules import Rule
from trace.coldchain.timetable import DEFAULT
from trace.log import entries

Q = queries(__file__, "rules.sql")
SHIPMENTS = queries(__file__, "shipments.sql")

RULES_MAX = 1_000


class RulesApi:
    def __init__(self, database: Database) -> None:
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        run, rules = Permission.RUN_COLD_CHAIN, "/api/cold-chain/rules"
        return [
            get(rules, self.rules, may=run, reply=schemas.Rules),
            post(
                f"{rules}/{{product}}", self.put, may=run, body=schemas.RuleRequest, reply=schemas.ProductRule,
                errors=(VersionStale, ModelUnknown, ColdChainFull, BadRequest),
            ),
            get("/api/cold-chain/models", self.models, reply=schemas.Models),
        ]  # fmt: skip

    async def rules(self, call: Call[None]) -> schemas.Rules:
        """What products bear."""
        del call
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["rules"], RULES_MAX)
        return schemas.Rules(items=[rule_of(row) for row in rows])

    async def put(self, call: Call[schemas.RuleRequest]) -> schemas.ProductRule:
        """Say what a product bears. It holds for what is measured from now on, also in shipments under way; what was measured
        before is held against the rule that stood then, whenever it is judged."""
        body, db, product = call.body, call.tx.connection, call.path["product"]
        check(body.rule, body.offer)
        if body.model is not None and body.model not in MODELS:
            raise ModelUnknown
        await db.execute(Q["lock_rules"])
        row = await db.fetchrow(Q["rule_for_update"], product)
        before = None if row is None else rule_of(row)
        if (None if before is None else before.version) != body.version:
            raise VersionStale(details={"version": 0 if before is None else before.version})
        if before is None and await db.fetchval(Q["count_rules"]) >= RULES_MAX:
            raise ColdChainFull(details={"limit": RULES_MAX})
        model = None if body.model is None else MODELS[body.model]
        put = await db.fetchrow(Q["put_rule"], product, body.rule, model, body.offer, call.now_ms, call.person.id)
        assert put is not None
        after = rule_of(put)
        (entry,) = await entries.append(call.tx, [entries.encoded("cold_chain_rule", call.now_ms, _logged(after))])
        await db.execute(Q["insert_version"], product, after.version, call.now_ms, body.rule, body.offer, entry)
        if before is None or body.rule.silence_minutes < before.rule.silence_minutes:
            await _look_sooner(db, product, call.now_ms)
        act = Act(type="cold_chain_rule", subject=product, before=_shown(before), after=_shown(after))
        await record(db, [act], by=call.person, now_ms=call.now_ms)
        return after

    async def models(self, call: Call[None]) -> schemas.Models:
        """Models of shelf life: every figure with its source, and whether it is published, measured or assumed."""
        call.max_age_s = 3_600
        return schemas.Models(items=list(MODELS.values()))


def check(rule: Rule, offer: Offer) -> None:
    """Raise BadRequest for a rule that cannot be kept, or an offer of nothing."""
    if rule.high_c is not None and rule.low_c is not None and rule.low_c >= rule.high_c:
        raise BadRequest("rule.low_c: it has to be below `high_c`.")
    if rule.cumulative_minutes is not None and rule.cumulative_minutes >= rule.window_minutes:
        raise BadRequest("rule.cumulative_minutes: they have to be fewer than `window_minutes`.")
    if offer.kind == "coupon" and (offer.amount_minor is None or offer.currency is None):
        raise BadRequest("offer.amount_minor: a coupon has an amount, and a currency.")


async def _look_sooner(db: Connection, product: str, now_ms: int) -> None:
    """Sensors may be silent sooner than was reckoned: the next look reckons anew."""
    devices = [row["sensor"] for row in await db.fetch(Q["waiting_for"], product, DEFAULT, now_ms)]
    await db.fetch(SHIPMENTS["lock_devices"], devices)  # before the rows, as intake takes them
    await db.execute(Q["look_sooner"], product, DEFAULT, now_ms, devices)


def rule_of(row: Record) -> schemas.ProductRule:
    """A stored rule."""
    return schemas.ProductRule(
        product=row["product"],
        rule=msgspec.json.decode(row["rule"], type=Rule),
        model=None if row["model"] is None else msgspec.json.decode(row["model"])["id"],
        offer=msgspec.json.decode(row["offer"], type=Offer),
        version=row["version"],
    )


def _shown(rule: schemas.ProductRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {"rule": msgspec.to_builtins(rule.rule), "model": rule.model, "offer": msgspec.to_builtins(rule.offer)}


def _logged(rule: schemas.ProductRule) -> dict[str, Any]:
    """As the log has it, where numbers that are no integers are strings."""
    shown = _shown(rule) or {}
    return {
        "product": rule.product,
        "version": rule.version,
        "rule": {name: None if value is None else str(value) for name, value in shown["rule"].items()},
        "model": rule.model,
        "offer": shown["offer"],
    }
