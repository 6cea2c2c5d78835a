"""Who comes to a show: viewers, chatters, quiz players, and the host who runs it."""

import itertools
import random
import time
from collections import deque
from typing import Any

import gevent
from locust import HttpUser, between, task
from locust.exception import StopUser

from loadtest import wire
from loadtest.dialects import CHAT_MARK
from loadtest.locust.options import NoToken, host_token
from loadtest.locust.visit import Visit, refused

CARDS_KEPT = 20  # the host takes older ones out of the bag, which has a bound
ANSWERING_S = 3.0  # nobody closes a quiz before people had time to answer
QUIZ_S = 10  # how long a quiz takes answers, if the host does not close it sooner
COME_BACK_S = (0.5, 2.0)  # how long somebody who was not let in waits before the next try

_numbers = itertools.count(1)


class Person(HttpUser):
    """Somebody who calls the server; in Locust's statistics the type of every entry is `who`."""

    abstract = True
    who = ""
    token = ""

    def report(self, what: str, ms: float, *, size: int = 0, exception: Exception | None = None) -> None:
        """Tell Locust of something that took `ms`."""
        self.environment.events.request.fire(
            request_type=self.who,
            name=what,
            response_time=max(ms, 0.0),
            response_length=size,
            exception=exception,
            context={},
        )

    def ask(self, what: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer to an HTTP call; {} after a failure, which is called by the error's number and name."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with self.client.request(method, path, name=what, json=body, headers=headers, catch_response=True) as response:
            response.request_meta["request_type"] = self.who
            if response.status_code == 0:
                response.failure(response.error)
                return {}
            answer = response.json() if "json" in response.headers.get("Content-Type", "") else {}
            if response.status_code >= 400:
                response.failure(refused(answer))
                return {}
        return dict(answer)


class Guest(Person):
    """Somebody in the room. Subclasses say what they do there."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self.room = str(environment.parsed_options.room)
        self.visit = Visit(self.room, self.report, self.hear)

    def on_start(self) -> None:
        """Get a token and come in."""
        self.token = str(self.ask("sign in", "POST", "/api/session", self.card()).get("token", ""))
        self.here()

    def on_stop(self) -> None:
        """Leave."""
        self.visit.leave()

    def card(self) -> dict[str, str]:
        """What one says at the door: {} for a guest."""
        return {}

    def here(self) -> bool:
        """Be in the room, if need be by coming in (again); whether one is."""
        if self.visit.present:
            return True
        entered = self.visit.enter(str(self.host), self.token)
        if not entered:
            gevent.sleep(random.uniform(*COME_BACK_S))
        return entered

    def hear(self, data: wire.ControlData) -> None:
        """A control message said so."""


class ViewerUser(Guest):
    """Watches and taps the heart now and then."""

    who = "viewer"
    weight = 6
    wait_time = between(1.0, 3.0)

    @task
    def like(self) -> None:
        """A few taps, sent as one message."""
        if self.here():
            self.visit.call("like", n=random.randint(1, 8))


class ChatterUser(Guest):
    """Signed in by name; says a line every few seconds, within what one person may."""

    who = "chatter"
    weight = 3
    wait_time = between(2.0, 4.0)

    def card(self) -> dict[str, str]:
        """A name."""
        return {"name": f"Locust {next(_numbers)}"}

    @task
    def chat(self) -> None:
        """A line that says when it was sent, so that whoever hears it knows how long that took."""
        if self.here():
            self.visit.call("chat", text=f"{CHAT_MARK}{time.time() * 1000:.1f}")


class QuizUser(Guest):
    """A guest who answers every quiz, each once."""

    who = "player"
    weight = 3
    wait_time = between(0.2, 1.0)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._open: deque[str] = deque(maxlen=1)
        self._last = ""

    def hear(self, data: wire.ControlData) -> None:
        """Know which quiz is open and waits for an answer."""
        match data:
            case wire.QuizOpened(quiz=quiz) if quiz.id != self._last:
                self._last = quiz.id
                self._open.append(quiz.id)
            case wire.QuizClosed():
                self._open.clear()

    @task
    def answer(self) -> None:
        """Answer the open quiz, if there is one that waits for an answer."""
        if self.here() and self._open:
            self.visit.call("answer", quiz=self._open.popleft(), choice=random.randint(0, 3))


class HostUser(Person):
    """Runs the show over HTTP: pins products, asks quizzes and closes them. One, however many users there are."""

    who = "host"
    fixed_count = 1
    wait_time = between(1.0, 3.0)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self._path = f"/api/rooms/{environment.parsed_options.room}"
        self._cards: deque[str] = deque()
        self._quiz = ""
        self._asked_s = 0.0

    def on_start(self) -> None:
        """See that the show is on."""
        try:
            self.token = host_token(self.environment.parsed_options)
        except NoToken as error:
            self.report("get a token", 0.0, exception=error)
            raise StopUser from error
        rooms = self.ask("look at the rooms", "GET", "/api/rooms").get("rooms", [])
        room = next((room for room in rooms if self._path == f"/api/rooms/{room['id']}"), None)
        if room is None:
            self.ask("make the room", "POST", "/api/rooms", {"id": self._path.split("/")[-1], "title": "Load test"})
        if room is None or room["show"]["status"] != "live":
            self.ask("begin the show", "POST", f"{self._path}/state", {"status": "live"})
        self.quiz()

    def on_stop(self) -> None:
        """Leave no quiz open."""
        self._close()

    @task(4)
    def pin(self) -> None:
        """Show a product; the oldest of ours leaves the bag in time."""
        card = {"title": f"Basket {next(_numbers)}", "price_minor": 3_990, "currency": "CNY"}
        placed = self.ask("pin", "POST", f"{self._path}/pins", card)
        if placed:
            self._cards.append(placed["card"]["id"])
        if len(self._cards) > CARDS_KEPT:
            self.ask("take out of the bag", "DELETE", f"{self._path}/bag/{self._cards.popleft()}")

    @task(2)
    def quiz(self) -> None:
        """Ask one, or close the one that was asked."""
        if self._quiz:
            if time.monotonic() > self._asked_s + ANSWERING_S:
                self._close()
            return
        body = {
            "kind": "choice",
            "question": "How many bushes stand in the field?",
            "options": ["800", "1,200", "2,000", "3,500"],
            "correct_choice": 2,
            "duration_s": QUIZ_S,
            "winners_max": 3,
        }
        self._asked_s = time.monotonic()
        self._quiz = self.ask("ask a quiz", "POST", f"{self._path}/quizzes", body).get("quiz", {}).get("id", "")

    def _close(self) -> None:
        if self._quiz:
            self.ask("close a quiz", "POST", f"{self._path}/quizzes/{self._quiz}/close", {})
            self._quiz = ""
