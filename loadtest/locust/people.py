"""Who comes to a show: viewers, chatters, quiz players, buyers, and the host who runs it."""

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
SALE_UNITS = 20  # less than there are buyers in a run worth looking at
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
            # One that is closed in this very moment is answered in vain, and nobody has done wrong.
            self.visit.call("answer", answers=("quiz_closed",), quiz=self._open.popleft(), choice=random.randint(0, 3))


class BuyerUser(Guest):
    """Signed in by name; taps each sale once as it opens. That it is sold out by then is an answer, and no failure."""

    who = "buyer"
    weight = 2
    wait_time = between(0.05, 0.3)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._open: deque[str] = deque()
        self._tapped: set[str] = set()

    def card(self) -> dict[str, str]:
        """A name."""
        return {"name": f"Locust {next(_numbers)}"}

    def hear(self, data: wire.ControlData) -> None:
        """Know which sales are open and not tapped yet."""
        match data:
            case wire.SaleOpened(sale=sale) if sale.id not in self._tapped and sale.id not in self._open:
                self._open.append(sale.id)
            case wire.SaleClosed(sale=sale) if sale in self._open:
                self._open.remove(sale)

    @task
    def tap(self) -> None:
        """One unit of a sale that is open, under one key, again when told to come again."""
        if self.here() and self._open:
            sale = self._open.popleft()
            self._tapped.add(sale)
            self.visit.buy(sale, qty=1, key=f"locust-{sale}"[:64])


class HostUser(Person):
    """Runs the show over HTTP: pins products, asks quizzes and closes them, sells. One, however many users there are."""

    who = "host"
    fixed_count = 1
    wait_time = between(1.0, 3.0)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self._path = f"/api/rooms/{environment.parsed_options.room}"
        self._cards: deque[str] = deque()
        self._quiz = ""
        self._asked_s = 0.0
        self._sale = ""

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
        self.sell()

    def on_stop(self) -> None:
        """Leave no quiz open, and no sale."""
        self._close()
        self._end_sale()

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

    @task(1)
    def sell(self) -> None:
        """A few units of a product that is there, on sale at once; the sale before is over then."""
        self._end_sale()
        products = self.ask("look at the products", "GET", "/api/products").get("products", [])
        product = next((p["id"] for p in products if p["on_hand"] - p["held"] - p["sold"] >= SALE_UNITS), None)
        if product is None:
            return
        body = {"product": product, "price_minor": 990, "units": SALE_UNITS, "per_person_max": 1}
        sale = self.ask("put on sale", "POST", f"{self._path}/sales", body).get("sale", {}).get("id", "")
        if sale and self.ask("open a sale", "POST", f"/api/sales/{sale}/open"):
            self._sale = sale

    def _end_sale(self) -> None:
        if self._sale:
            self.ask("close a sale", "POST", f"/api/sales/{self._sale}/close")
            self._sale = ""

    def _close(self) -> None:
        if self._quiz:
            self.ask("close a quiz", "POST", f"{self._path}/quizzes/{self._quiz}/close", {})
            self._quiz = ""
