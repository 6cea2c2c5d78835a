"""Metrics, in one place, as Prometheus reads them at /metrics. Names say the unit; labels have few values.

What happens per message on a hot path adds to a plain integer and is read at collection time (`watch`), because a
Prometheus counter costs a lock.
"""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

HTTP_REQUESTS = Counter("livehub_http_requests", "HTTP requests", ["method", "route", "status"], registry=REGISTRY)
HTTP_SECONDS = Histogram("livehub_http_seconds", "Time to answer an HTTP request", ["route"], registry=REGISTRY)
REFUSALS = Counter(
    "livehub_refusals", "Requests and events refused, by error name", ["edge", "name"], registry=REGISTRY
)
CODES = Counter("livehub_codes", "Codes for phones: sent, refused, tried", ["outcome"], registry=REGISTRY)
TASK_RESTARTS = Counter(
    "livehub_task_restarts", "Background tasks begun again after a failure", ["task"], registry=REGISTRY
)
TASK_FAILURES = Counter("livehub_task_failures", "Short background tasks that failed", ["task"], registry=REGISTRY)
DATABASE_FAILURES = Counter(
    "livehub_database_failures", "Queries that failed for PostgreSQL's sake", ["kind"], registry=REGISTRY
)
BATCH_ROWS = Histogram(
    "livehub_batch_rows",
    "Rows written by one commit",
    ["batch"],
    buckets=(1, 10, 100, 1_000, 10_000),
    registry=REGISTRY,
)
BATCH_WAIT_SECONDS = Histogram(
    "livehub_batch_wait_seconds", "From the first row of a batch to its commit", ["batch"],
    registry=REGISTRY,
)  # fmt: skip
BATCH_ROWS_REFUSED = Counter(
    "livehub_batch_rows_refused", "Rows of a batch that PostgreSQL refused one by one", ["batch"], registry=REGISTRY
)
JOBS = Counter("livehub_jobs", "Jobs run", ["task", "outcome"], registry=REGISTRY)
JOBS_DEAD = Counter("livehub_jobs_dead", "Jobs that failed for good", ["task"], registry=REGISTRY)
EVENTS_READ = Counter("livehub_domain_events", "Domain events reacted to", ["subscription"], registry=REGISTRY)
EVENT_BATCHES = Counter(
    "livehub_event_batches", "Batches of domain events", ["subscription", "outcome"], registry=REGISTRY
)
EVENT_RETRIES = Counter(
    "livehub_event_retries", "Further tries of parked events", ["subscription", "outcome"], registry=REGISTRY
)
CONTROLS = Counter("livehub_controls", "Control messages committed here", ["type"], registry=REGISTRY)
CONTROL_GAPS = Counter("livehub_control_gaps", "Gaps in control messages filled from PostgreSQL", registry=REGISTRY)
CONTROLS_UNKNOWN = Counter(
    "livehub_controls_unknown", "Control messages of newer versions, passed on without knowing them", registry=REGISTRY
)
ROOMS_UNREADABLE = Counter(
    "livehub_rooms_unreadable",
    "Reads of stored rooms, or of members of them, that could not be read",
    registry=REGISTRY,
)
_JOINS = Counter("livehub_joins", "Rooms joined", ["recovered"], registry=REGISTRY)
JOINS = {recovered: _JOINS.labels(recovered=str(recovered).lower()) for recovered in (True, False)}
CLOSED = Counter("livehub_sockets_closed", "Sockets closed by us, by close code", ["code"], registry=REGISTRY)
FOREIGN_MESSAGES = Counter(
    "livehub_foreign_messages", "Messages on the bus that could not be read or applied", registry=REGISTRY
)
ROOM_DEFECTS = Counter(
    "livehub_room_defects", "Ticks, lines and writes dropped because of a defect", ["part"], registry=REGISTRY
)
BUS_LOST = Counter("livehub_bus_interruptions", "Times the bus went away", registry=REGISTRY)


Labelled = Iterable[tuple[Sequence[str], float]]
"""Values of labels, and the figure."""


class CallbackCollector(Collector):
    """Figures that are read when asked for: name -> (help, kind, labels, function)."""

    def __init__(self) -> None:
        self._figures: dict[str, tuple[str, str, Sequence[str], Callable[[], Labelled]]] = {}

    def watch(self, name: str, text: str, read: Callable[[], float], *, kind: str = "gauge") -> None:
        """Offer a figure; a later one of the same name takes its place."""
        self.watch_each(name, text, (), lambda: [((), read())], kind=kind)

    def watch_each(
        self, name: str, text: str, labels: Sequence[str], read: Callable[[], Labelled], *, kind: str = "gauge"
    ) -> None:
        """Offer a figure of each of several things, of which there are never many."""
        self._figures[name] = (text, kind, labels, read)

    def collect(self) -> Iterable[Metric]:
        for name, (text, kind, labels, read) in self._figures.items():
            family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
            metric = family(name, text, labels=labels)
            for values, figure in read():
                metric.add_metric(values, figure)
            yield metric


CALLBACKS = CallbackCollector()
REGISTRY.register(CALLBACKS)


def exposition() -> bytes:
    """The text that Prometheus scrapes."""
    return generate_latest(REGISTRY)
