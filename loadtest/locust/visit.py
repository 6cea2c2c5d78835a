"""One visit to a room through python-socketio's own client, every call and everything heard told to Locust.

Entries are named for who and what: `chatter | chat`, `viewer | control heard`. A refused call is a failure, called by the
number and name of its error (`1003 too_fast`). Control messages missing, doubled or out of order are failures, too.
"""

import time
from collections.abc import Callable, Collection
from typing import Any

import gevent
import msgspec
import socketio
from gevent.event import AsyncResult
from locust.exception import CatchResponseError

from loadtest import wire
from loadtest.dialects import CHAT_MARK
from loadtest.follow import Place

ANSWER_TIMEOUT_S = 10.0
NO_HOLD = ("sold_out", "sale_closed", "limit_reached")  # what a buyer may be told, and nobody has done wrong
TAPS_MAX = 20  # of one buyer for one sale, when told to come again

Hear = Callable[[wire.ControlData], None]


class Refused(CatchResponseError):
    """The server said no: number and name of its error."""


class Faulty(CatchResponseError):
    """Something heard was not as the wire promises."""


def refused(error: dict[str, Any]) -> Refused:
    """The exception for the `error` of an acknowledgement or a problem document."""
    return Refused(f"{error.get('code', '?')} {error.get('name', 'error')}")


class Visit:
    """A socket in a room. `report(what, ms, bytes, exception)` tells Locust; `hear` gets what each control message says.

    A quiz or a sale that is open at a join is heard of as if it were opened then.
    """

    def __init__(self, room: str, report: Callable[..., None], hear: Hear) -> None:
        self._room = room
        self._report = report
        self._hear = hear
        self._place = Place()
        self._leaving = False
        self._client = socketio.Client(reconnection=False, handle_sigint=False)
        self._client.on("control", self._control)
        self._client.on("tick", self._tick)
        self._client.on("disconnect", self._disconnected)

    @property
    def present(self) -> bool:
        """Whether the socket is up."""
        return bool(self._client.connected)

    def enter(self, url: str, token: str | None) -> bool:
        """Connect and join; a visit that was cut off goes on where it stood. Whether that worked."""
        started_s = time.perf_counter()
        try:
            self._client.connect(
                url, auth={"token": token} if token else {}, transports=["websocket"], wait_timeout=ANSWER_TIMEOUT_S
            )
        except socketio.exceptions.ConnectionError as error:
            self._report("connect", _since_ms(started_s), exception=error)
            return False
        self._report("connect", _since_ms(started_s))
        place = self._place
        since = {"epoch": place.epoch, "offset": place.offset} if place.epoch else None
        if self.call("join", self._joined, since=since) is None:
            self.leave()
            return False
        return True

    def leave(self) -> None:
        """Go, wanting to."""
        self._leaving = True
        self._client.disconnect()
        self._leaving = False

    def call(
        self, event: str, then: Callable[[Any], None] | None = None, answers: Collection[str] = (), **body: Any
    ) -> dict[str, Any] | None:
        """Send an event about the room; its acknowledgement, None when there was none or a refusal.

        `then` is given the acknowledgement before anything else that comes is looked at. `answers`: names of refusals that are
        no failures.
        """
        answer = self._ask(event, {"room": self._room, **body}, then, answers=answers)
        return answer if answer is not None and answer["ok"] else None

    def buy(self, sale: str, *, qty: int, key: str) -> dict[str, Any] | None:
        """Tap a sale; the hold, None when there is none. What is told at last is an answer, also when it is no hold.

        To be told to come again is no failure either, unless it is said `TAPS_MAX` times.
        """
        for tap in range(TAPS_MAX):
            answer = self._ask(
                "reserve", {"sale": sale, "qty": qty, "key": key}, None, answers=NO_HOLD, again=tap + 1 < TAPS_MAX
            )
            if answer is None or answer["ok"]:
                return answer["hold"] if answer is not None else None
            if "retry_after_ms" not in answer["error"]:
                return None
            gevent.sleep(answer["error"]["retry_after_ms"] / 1000)
        return None

    def _ask(
        self,
        event: str,
        body: dict[str, Any],
        then: Callable[[Any], None] | None,
        *,
        answers: Collection[str],
        again: bool = False,
    ) -> dict[str, Any] | None:
        """The acknowledgement, None when there was none.

        A refusal is a failure, unless its name is among `answers` or it says when to come `again` and that is meant to be done.
        """
        answered: AsyncResult = AsyncResult()

        def acknowledged(answer: dict[str, Any]) -> None:
            if then is not None and answer["ok"]:
                then(answer)
            answered.set(answer)

        started_s = time.perf_counter()
        try:
            self._client.emit(event, body, callback=acknowledged)
            answer = answered.get(timeout=ANSWER_TIMEOUT_S)
        except (socketio.exceptions.SocketIOError, OSError) as error:
            self._report(event, _since_ms(started_s), exception=error)
            return None
        except gevent.Timeout:
            self._report(event, _since_ms(started_s), exception=Faulty(f"no answer within {ANSWER_TIMEOUT_S:.0f} s"))
            return None
        said = answer.get("error", {})
        is_fine = answer["ok"] or said.get("name") in answers or (again and "retry_after_ms" in said)
        self._report(event, _since_ms(started_s), exception=None if is_fine else refused(said))
        return dict(answer)

    # --- heard ---

    def _joined(self, answer: dict[str, Any]) -> None:
        joined = msgspec.convert(answer, wire.Joined)
        missed = [(control.epoch, control.offset) for control in joined.missed]
        self._blame(self._place.join(joined.epoch, joined.offset, recovered=joined.recovered, missed=missed))
        for control in joined.missed:
            self._hear(control.data)
        quiz = joined.room.view.quiz
        if quiz is not None and quiz.status == "open":
            self._hear(wire.QuizOpened(quiz=quiz))
        for sale in joined.room.view.sales:
            if sale.state == "open":
                self._hear(wire.SaleOpened(sale=sale))

    def _control(self, body: Any) -> None:
        control = msgspec.convert(body, wire.Control)
        self._report("control heard", time.time() * 1000 - control.ts, size=len(msgspec.json.encode(body)))
        self._blame(self._place.take(control.epoch, control.offset))
        self._hear(control.data)

    def _tick(self, body: Any) -> None:
        now_ms = time.time() * 1000
        for line in msgspec.convert(body, wire.Tick).chats:
            if line.text.startswith(CHAT_MARK):
                said_ms = float(line.text.removeprefix(CHAT_MARK))
                self._report("chat line heard", now_ms - said_ms, size=len(line.text))

    def _disconnected(self, reason: str) -> None:
        if not self._leaving:
            self._report("stay connected", 0.0, exception=Faulty(f"cut off: {reason}"))

    def _blame(self, faults: dict[str, int] | None) -> None:
        for fault, times in (faults or {}).items():
            if times > 0:
                self._report("follow the control log", 0.0, exception=Faulty(fault))


def _since_ms(started_s: float) -> float:
    return (time.perf_counter() - started_s) * 1000
