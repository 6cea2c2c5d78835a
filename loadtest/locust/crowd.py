"""The crowd in Locust's statistics: tens of thousands of viewers beside Locust's users, seen as entries of type `crowd`.

Processes of the crowd (loadtest/crowdprocess.py) run as children. What they heard in a second comes as sums and histograms, and
goes in the way the figures of Locust's own distributed workers do: as a whole entry that extends another, so that counts, rates
and percentiles are those of every single delivery, without an event for each.

Each Locust process that runs users has a crowd of its own: with `--processes 2` there are two.
"""

import logging
import subprocess
import sys
import time
from typing import IO, Any
from urllib.parse import urlsplit

import gevent
import msgspec
from locust.runners import MasterRunner
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from loadtest.crowd import Plan
from loadtest.crowdprocess import Command, Reply
from loadtest.crowds import shares
from loadtest.hearing import Figures
from loadtest.histogram import Histogram, middle_ms
from loadtest.locust.options import CHECKOUT
from loadtest.locust.visit import Faulty

WHO = "crowd"
END_TIMEOUT_S = 20.0
AT_ONCE = 64  # connections on their way at a time, per process

log = logging.getLogger(__name__)


def entry(what: str, stats: RequestStats, second: int, count: int, times: Histogram | None = None) -> StatsEntry:
    """What came `count` times in a second, as an entry of Locust; `times` are its latencies if it has any."""
    made = StatsEntry(stats, what, WHO)
    made.start_time = second
    made.last_request_timestamp = second
    made.num_requests = count
    made.num_reqs_per_sec[second] = count
    if times is None:
        made.num_none_requests = count
        return made
    for bucket, heard in times.counts.items():
        ms = middle_ms(bucket)
        made.response_times[bucket_response_time(ms)] += heard
        made.total_response_time += ms * heard  # type: ignore[assignment]
    made.min_response_time = middle_ms(min(times.counts))  # type: ignore[assignment]
    made.max_response_time = times.greatest_ms  # type: ignore[assignment]
    made.num_none_requests = count - times.total
    return made


def log_figures(stats: RequestStats, figures: Figures) -> None:
    """Put what was heard in one second into Locust's statistics."""
    second = figures.second
    entries = []
    if figures.entered:
        entries.append(entry("come in", stats, second, figures.entered))
    if figures.lines and figures.chat.total:
        entries.append(entry("chat line heard", stats, second, figures.chat.total, figures.chat))
    if figures.controls and figures.control.total:
        entries.append(entry("control heard", stats, second, figures.control.total, figures.control))
    entries += [_fault(stats, second, fault, times) for fault, times in figures.faults.items() if times > 0]
    for one in entries:
        stats.get(one.name, one.method).extend(one)
        stats.total.extend(one)


def _fault(stats: RequestStats, second: int, fault: str, times: int) -> StatsEntry:
    made = entry("follow the control log", stats, second, times)
    made.num_failures = times
    made.num_fail_per_sec[second] = times
    error = Faulty(fault)
    key = StatsError.create_key(WHO, made.name, error)
    known = stats.errors.setdefault(key, StatsError(WHO, made.name, error, first_seen=time.time()))
    known.occurrences += times
    known.last_seen = time.time()
    return made


class CrowdProcesses:
    """Starts the crowd with the test and ends it with the test."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._children: list[subprocess.Popen[bytes]] = []
        self._readers: list[gevent.Greenlet] = []
        environment.events.test_start.add_listener(self.start)
        environment.events.test_stop.add_listener(self.stop)
        environment.events.quit.add_listener(self.stop)

    def start(self, **_: Any) -> None:
        """Begin to come in, if any crowd is wanted and this is a process that runs users."""
        options = self._environment.parsed_options
        if not options.crowd_viewers or isinstance(self._environment.runner, MasterRunner):
            return
        address = urlsplit(self._environment.host or "")
        if address.scheme != "http":
            log.error("the crowd speaks plain http only, and not to %s", self._environment.host)
            return
        whole = Plan(
            host=address.hostname or "127.0.0.1",
            port=address.port or 80,
            room=options.room,
            size=options.crowd_viewers,
            per_source=256 if (address.hostname or "").startswith("127.") else 0,
        )
        for plan in shares(whole, max(1, options.crowd_processes)):
            self._begin(plan, per_s=options.crowd_per_s / max(1, options.crowd_processes))
        log.info("the crowd of %d comes in", whole.size)

    def stop(self, **_: Any) -> None:
        """All of the crowd go."""
        children, self._children = self._children, []
        for child in children:
            if child.stdin is not None:
                child.stdin.close()
        for child in children:
            try:
                child.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        gevent.joinall(self._readers, timeout=END_TIMEOUT_S)
        self._readers.clear()

    def _begin(self, plan: Plan, *, per_s: float) -> None:
        command = [sys.executable, "-m", "loadtest.crowdprocess"]
        child = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._children.append(child)
        if child.stdin is None or child.stdout is None:
            raise AssertionError("both are pipes")
        enter = Command(number=1, do="enter", per_s=per_s, at_once=AT_ONCE)
        child.stdin.write(msgspec.json.encode(plan) + b"\n" + msgspec.json.encode(enter) + b"\n")
        child.stdin.flush()
        self._readers.append(gevent.spawn(self._read, child.stdout))

    def _read(self, out: IO[bytes]) -> None:
        for line in out:
            reply = msgspec.json.decode(line, type=Reply)
            if reply.figures is not None:
                log_figures(self._environment.stats, reply.figures)
            elif reply.number:
                log.info("the crowd is in: %d viewers of one process", reply.count)
