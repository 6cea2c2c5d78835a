"""What the processes of a server use: processor time and memory by kind of process, from the system's own accounting."""

from collections.abc import Callable

import psutil
from msgspec import Struct

LOOK_AFRESH_EVERY = 5  # samples between looks for new processes, since a look reads the whole process table


class Sample(Struct, frozen=True, kw_only=True):
    """Processor seconds so far and resident bytes now, by kind."""

    cpu_s: dict[str, float]
    rss_bytes: dict[str, int]


def kind_of(process: psutil.Process) -> str:
    """`server` for Python processes of livehub, else `postgresql`, `valkey`, or `` for what is not counted."""
    if "livehub" in process.cmdline():
        return "server"
    name = process.name()
    return "postgresql" if name.startswith("postgres") else "valkey" if "valkey-server" in name else ""


class Usage:
    """Of all processes below `roots`, themselves included. Time of processes that ended meanwhile is kept."""

    def __init__(self, roots: list[int], kind: Callable[[psutil.Process], str] = kind_of) -> None:
        self._roots = [psutil.Process(pid) for pid in roots]
        self._kind = kind
        self._known: dict[psutil.Process, str] = {}
        self._cpu_s: dict[psutil.Process, float] = {}
        self._samples = 0

    def add(self, pid: int) -> None:
        """One more root."""
        self._roots.append(psutil.Process(pid))
        self._samples = 0

    def sample(self, *, afresh: bool = False) -> Sample:
        """Now. `afresh` looks for new processes, as every few samples do."""
        if afresh or self._samples % LOOK_AFRESH_EVERY == 0:
            self._look()
        self._samples += 1
        rss_bytes: dict[str, int] = {}
        for process, kind in self._known.items():
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.Error:  # it ended
                continue
            self._cpu_s[process] = times.user + times.system
            rss_bytes[kind] = rss_bytes.get(kind, 0) + memory.rss
        cpu_s: dict[str, float] = {}
        for process, seconds in self._cpu_s.items():
            cpu_s[self._known[process]] = cpu_s.get(self._known[process], 0.0) + seconds
        return Sample(cpu_s=cpu_s, rss_bytes=rss_bytes)

    def _look(self) -> None:
        for root in self._roots:
            try:
                family = [root, *root.children(recursive=True)]
            except psutil.Error:
                continue
            for process in family:
                try:
                    kind = self._known.get(process) or self._kind(process)
                except psutil.Error:
                    continue
                if kind:
                    self._known[process] = kind
