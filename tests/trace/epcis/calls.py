"""What tests ask the server over EPCIS."""

from typing import Any
from urllib.parse import quote

from livehub.base.auth import Role
from tests.base.served import Answer, Served
from tests.trace.epcis.documents import document


async def capture(served: Served, *events: Any, behaviour: str | None = None, context: Any = None) -> dict[str, Any]:
    """Capture events in a document, and what its job says."""
    headers = {} if behaviour is None else {"GS1-Capture-Error-Behaviour": behaviour}
    answer = await served.call(
        "POST /epcis/v2/capture", document(*events, context=context), role=Role.OPS, headers=headers
    )
    assert (answer.status, answer.raw) == (202, b"")
    return await job(served, answer.headers["Location"])


async def job(served: Served, address: str) -> dict[str, Any]:
    answer = await served.call(f"GET {address}", role=Role.OPS)
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found


async def ask(
    served: Served, query: str = "", *, path: str = "events", headers: dict[str, str] | None = None
) -> Answer:
    mark = "?" if query else ""
    return await served.call(f"GET /epcis/v2/{path}{mark}{query}", role=Role.OPS, headers=headers)


def events_in(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


async def find(served: Served, query: str = "", *, headers: dict[str, str] | None = None) -> list[str]:
    """The ids of events that match, in their order."""
    return [each["eventID"] for each in events_in(await ask(served, query, headers=headers))]


def q(value: str) -> str:
    """As a value of a query."""
    return quote(value, safe="")
