"""Stripe as its documents have it: forms with brackets, a first answer that is kept under its key, sessions that end in half an
hour at the earliest, lists in pages, events that are signed.

https://docs.stripe.com/api/checkout/sessions, https://docs.stripe.com/api/idempotent_requests, https://docs.stripe.com/webhooks
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

SECRET_KEY, WEBHOOK_SECRET = "sk_test_ofthetests", "whsec_ofthetests"
HALF_HOUR_S, DAY_S = 1_800, 86_400
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
PAGE = 3  # of lists, however long a page was asked for: there is always a next one


def settings(double: "StripeDouble") -> dict[str, Any]:
    """Of a shop with an account there."""
    return {
        "stripe_secret_key": SECRET_KEY,
        "stripe_webhook_secret": WEBHOOK_SECRET,
        "stripe_url": double.url,
    }


class Refused(Exception):
    def __init__(self, status: int, code: str, kind: str = "invalid_request_error") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.kind = kind


class StripeDouble:
    """`errors`: how it refuses the next calls, one each; `refuses`: the next one of a kind, as in `calls`;
    `loses`: the calls (as in `calls`) that it does the next time, and does not say so."""

    def __init__(self) -> None:
        self.url = ""
        self.errors: list[tuple[int, str, str]] = []
        self.refuses: dict[str, tuple[int, str, str]] = {}
        self.is_slow = False
        self.raw: bytes | None = None
        self.loses: set[str] = set()
        self.calls: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.entries: list[dict[str, Any]] = []
        self.refund_status = "succeeded"
        self._answers: dict[str, tuple[str, int, Any]] = {}

    # --- what buyers and banks do ---

    def pay(self, session: str, *, is_delayed: bool = False, **changed: Any) -> dict[str, Any]:
        """The buyer has gone through the page; `is_delayed`: the money is not there yet."""
        one = self.sessions[session]
        intent = f"pi_{len(self.intents):024}"
        self.intents[intent] = {
            "id": intent,
            "object": "payment_intent",
            "amount": one["amount_total"],
            "currency": one["currency"],
            "metadata": one["intent_metadata"],
            "latest_charge": {
                "id": f"ch_{len(self.intents):024}",
                "object": "charge",
                "created": 1_796_004_005,
                "amount": one["amount_total"],
                "currency": one["currency"],
                "payment_intent": intent,
                "metadata": one["intent_metadata"],
            },
        }
        paid = "unpaid" if is_delayed else "paid"
        one |= {"status": "complete", "payment_status": paid, "payment_intent": intent, "url": None, **changed}
        return one

    def entry(self, kind: str, source: dict[str, Any], *, created: int, fee: int = 0, currency: str = "") -> None:
        """A line of the balance."""
        currency = currency or source["currency"]
        self.entries.append(
            {
                "id": f"txn_{len(self.entries):024}",
                "object": "balance_transaction",
                "type": kind,
                "amount": source["amount"],
                "currency": currency,
                "fee": fee,
                "created": created,
                "source": source,
            }
        )

    def forget_answers(self) -> None:
        """A day has passed."""
        self._answers.clear()

    # --- events ---

    def event(
        self, kind: str, object_: dict[str, Any], *, id_: str = "evt_1", now_s: float | None = None, **changed: Any
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body."""
        event = {
            "id": id_,
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": 1_796_004_005,
            "data": {"object": object_},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
            **changed,
        }
        body = json.dumps(event, indent=2).encode()
        return {"Stripe-Signature": signature(body, now_s=time.time() if now_s is None else now_s)}, body

    # --- calls ---

    def application(self) -> web.Application:
        app = web.Application()
        routes = {
            ("POST", "/v1/checkout/sessions"): self._create,
            ("GET", "/v1/checkout/sessions"): self._list_sessions,
            ("GET", "/v1/checkout/sessions/{id}"): self._retrieve,
            ("POST", "/v1/checkout/sessions/{id}/expire"): self._expire,
            ("POST", "/v1/refunds"): self._refund,
            ("GET", "/v1/refunds"): self._list_refunds,
            ("GET", "/v1/balance_transactions"): self._list_entries,
        }
        for (method, path), handler in routes.items():
            app.router.add_route(method, path, self._serving(handler))
        return app

    def _serving(self, handler: Any) -> Any:
        async def serve(request: web.Request) -> web.Response:
            self.calls.append(f"{request.method} {request.path}")
            form = dict(request.query) | {name: str(value) for name, value in (await request.post()).items()}
            if self.is_slow:
                await asyncio.Event().wait()
            if self.raw is not None:
                return web.Response(body=self.raw)
            status, answer = self._kept(request, form, handler)
            if self.calls[-1] in self.loses:
                self.loses.clear()
                assert request.transport is not None
                request.transport.abort()
            return web.json_response(answer, status=status, headers={"Request-Id": "req_1"})

        return serve

    def _kept(self, request: web.Request, form: dict[str, str], handler: Any) -> tuple[int, Any]:
        """The first answer under a key is the answer."""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        print_ = f"{request.path} {json.dumps(form, sort_keys=True)}"
        if key in self._answers:
            assert key is not None
            known, status, answer = self._answers[key]
            if known != print_:
                return 400, _error("idempotency_key_in_use", "idempotency_error")
            return status, answer
        try:
            if request.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
                raise Refused(401, "", "invalid_request_error")
            if self.errors:
                raise Refused(*self.errors.pop(0))
            if (call := self.calls[-1]) in self.refuses:
                raise Refused(*self.refuses.pop(call))
            asked = _nested(form)
            self.asked.append(asked)
            status, answer = 200, handler(request, asked)
        except Refused as refused:
            status, answer = refused.status, _error(refused.code, refused.kind)
        if key is not None and status not in (401, 429):
            self._answers[key] = (print_, status, json.loads(json.dumps(answer)))
        return status, answer

    def _create(self, _: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        [line] = asked["line_items"].values()
        price, ends_s = line["price_data"], int(asked["expires_at"])
        if not HALF_HOUR_S <= ends_s - time.time() <= DAY_S:
            raise Refused(400, "")
        if int(price["unit_amount"]) < (50 if price["currency"].upper() not in ZERO_DECIMAL else 1):
            raise Refused(400, "amount_too_small")
        number = f"cs_test_{len(self.sessions):024}"
        self.sessions[number] = {
            "id": number,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "client_reference_id": asked["client_reference_id"],
            "metadata": asked["metadata"],
            "intent_metadata": asked["payment_intent_data"]["metadata"],
            "amount_total": int(price["unit_amount"]) * int(line["quantity"]),
            "currency": price["currency"],
            "expires_at": ends_s,
            "url": f"https://checkout.stripe.com/c/pay/{number}",
            "payment_intent": None,
        }
        return self.sessions[number]

    def _shown(self, session: dict[str, Any], expands: list[str]) -> dict[str, Any]:
        intent = session["payment_intent"]
        is_expanded = any("payment_intent" in each for each in expands) and intent is not None
        return {**session, "payment_intent": self.intents[intent] if is_expanded else intent}

    def _retrieve(self, request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            raise Refused(404, "resource_missing")
        return self._shown(session, list(asked.get("expand", {}).values()))

    def _list_sessions(self, _: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        found = [each for each in self.sessions.values() if each["payment_intent"] == asked["payment_intent"]]
        return _list([self._shown(each, list(asked.get("expand", {}).values())) for each in found], asked)

    def _expire(self, request: web.Request, _: Any) -> dict[str, Any]:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            raise Refused(404, "resource_missing")
        if session["status"] != "open":
            raise Refused(400, "")
        session |= {"status": "expired", "url": None}
        return session

    def _refund(self, _: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        intent = self.intents.get(asked["payment_intent"])
        if intent is None:
            raise Refused(404, "resource_missing")
        before = sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] not in ("failed", "canceled")
        )
        if int(asked["amount"]) > intent["amount"] - before:
            raise Refused(400, "charge_already_refunded" if before == intent["amount"] else "")
        number = f"re_{len(self.refunds):024}"
        self.refunds[number] = {
            "id": number,
            "object": "refund",
            "amount": int(asked["amount"]),
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": asked["metadata"],
            "status": self.refund_status,
            "failure_reason": None,
        }
        return self.refunds[number]

    def _list_refunds(self, _: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        found = [each for each in self.refunds.values() if each["payment_intent"] == asked["payment_intent"]]
        return _list(found[::-1], asked)

    def _list_entries(self, _: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        since, until = int(asked["created"]["gte"]), int(asked["created"]["lt"])
        found = [each for each in self.entries if since <= each["created"] < until]
        assert list(asked["expand"].values()) == ["data.source"]
        return _list(found[::-1], asked)


def signature(body: bytes, *, now_s: float, secret: str = WEBHOOK_SECRET, scheme: str = "v1") -> str:
    stamp = str(int(now_s))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},{scheme}={made}"


def _error(code: str, kind: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": "of the double", **({"code": code} if code else {})}}


def _list(found: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    after = asked.get("starting_after")
    begin = next((at + 1 for at, each in enumerate(found) if each["id"] == after), 0)
    page = found[begin : begin + PAGE]
    return {"object": "list", "data": page, "has_more": begin + PAGE < len(found), "url": "/v1"}


def _nested(form: dict[str, str]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": {"0": "c"}}}."""
    whole: dict[str, Any] = {}
    for name, value in form.items():
        first, *others = re.findall(r"[^\[\]]+", name)
        at, names = whole, [first, *others]
        for each in names[:-1]:
            at = at.setdefault(each, {})
        at[names[-1]] = value
    return whole


@asynccontextmanager
async def stripe_double() -> AsyncIterator[StripeDouble]:
    """One that is served on loopback."""
    double = StripeDouble()
    async with TestServer(double.application()) as server:
        double.url = str(server.make_url("/")).rstrip("/")
        yield double
        double.is_slow = False
