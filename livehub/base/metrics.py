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
JOBS = Counter("livehub_jobs", "Jobs run", ["task", "outcome"], registry=REGISTRY)
CONTROLS = Counter("livehub_controls", "Control messages committed here", ["type"], registry=REGISTRY)
CONTROL_GAPS = Counter("livehub_control_gaps", "Gaps in control messages filled from PostgreSQL", registry=REGISTRY)
_JOINS = Counter("livehub_joins", "Rooms joined", ["recovered"], registry=REGISTRY)
JOINS = {recovered: _JOINS.labels(recovered=str(recovered).lower()) for recovered in (True, False)}
CLOSED = Counter("livehub_sockets_closed", "Sockets closed by us, by close code", ["code"], registry=REGISTRY)
BUS_LOST = Counter("livehub_bus_interruptions", "Times the bus went away", registry=REGISTRY)


Labelled = Iterable[tuple[Sequence[str], float]]
"""Values of labels, and the figure."""


class Watched(Collector):
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
        """All figures, as of now."""
        for name, (text, kind, labels, read) in self._figures.items():
            family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
            metric = family(name, text, labels=labels)
            for values, figure in read():
                metric.add_metric(values, figure)
            yield metric


WATCHED = Watched()
REGISTRY.register(WATCHED)


def exposition() -> bytes:
    """The text that Prometheus scrapes."""
    return generate_latest(REGISTRY)
