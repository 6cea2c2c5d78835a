"""What goes wrong in a run, and when: drawn from the run's seed, and done to the node."""

import asyncio
import random
import signal
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from loadtest.kill.node import STOCKS, WORKERS, Member, Node

HOUR_S = 3_600.0
AGAIN_S = 0.05  # until a swap looks again who leads
SWAP_S = 8.0  # for another process to lead

# What happens, how often in comparison, and for how long at least and at most, s; 0: it is over at once.
KINDS: dict[str, tuple[int, float, float]] = {
    "leader killed": (4, 0.0, 0.0),
    "leader frozen": (4, 0.5, 4.5),
    "leader frozen in a COPY": (2, 1.0, 4.5),
    "leader's commit cut": (4, 0.0, 0.0),
    "leader silent": (3, 0.5, 4.5),
    "leader's clock stepped": (2, 1.0, 4.0),
    "leader frozen, its successor killed": (2, 0.0, 1.5),
    "standby killed": (1, 0.0, 0.0),
    "standby frozen": (1, 0.5, 4.0),
    "standby's clock stepped": (1, 1.0, 4.0),
    "worker killed": (2, 0.0, 0.0),
    "worker frozen": (2, 0.5, 4.0),
    "worker silent": (1, 0.5, 3.0),
    "worker's clock stepped": (1, 1.0, 4.0),
    "worker's commit cut": (2, 0.0, 0.0),
    "jobs killed": (3, 0.0, 0.0),
    "jobs frozen": (2, 0.5, 4.0),
    "jobs' commit cut": (2, 0.0, 0.0),
    "jobs silent": (1, 0.5, 3.0),
    "postgresql killed": (4, 0.0, 1.5),
    "valkey killed": (2, 0.0, 1.5),
}
# What an order goes through, each in one transaction, by a word that is written in it alone. Whoever is about to commit it is
# killed: before, so that it never was, though stock engine or provider have done their part; or after, so that nobody hears.
STEPS: dict[str, bytes] = {
    "an order": b'"event":"order.created"',
    "an opened payment": b"/pay/sandbox/",
    "money": b'"event":"order.paid"',
    "a refund": b"refund_owed",
    "a sent refund": b"refund_paid",
}
BEFORE, AFTER = "killed before it commits ", "killed as it commits "
KINDS |= {f"somebody {when}{step}": (2, 2.5, 5.0) for step in STEPS for when in (BEFORE, AFTER)}
FAULTS_MAX = 3


class Fault(Struct, frozen=True, kw_only=True):
    """Something that goes wrong `at_s` after the people began, for `for_s`; `number` chooses among those who are alike."""

    kind: str
    at_s: float
    for_s: float
    number: int


class Happened(Struct, frozen=True, kw_only=True):
    """A fault as it was done: to whom, from when to when, seconds of the run."""

    kind: str
    to: str
    from_s: float
    until_s: float


def drawn(chance: random.Random, within_s: float) -> list[Fault]:
    """One to FAULTS_MAX of them, in their order."""
    weights = [weight for weight, _, _ in KINDS.values()]
    faults = []
    for kind in chance.choices(list(KINDS), weights, k=chance.randint(1, FAULTS_MAX)):
        _, least_s, most_s = KINDS[kind]
        at_s, for_s = chance.uniform(0.0, within_s), chance.uniform(least_s, most_s)
        faults.append(Fault(kind=kind, at_s=round(at_s, 3), for_s=round(for_s, 3), number=chance.randrange(1_000)))
    return sorted(faults, key=lambda fault: fault.at_s)


class Saboteur:
    """Does them. `now_s`: time in the run."""

    def __init__(self, node: Node, now_s: Callable[[], float]) -> None:
        self._node = node
        self.now_s = now_s
        self._postgresql = asyncio.Lock()
        self._valkey = asyncio.Lock()
        self.happened: list[Happened] = []

    async def all(self, faults: Sequence[Fault]) -> None:
        """Each at its time, however long those before take."""
        await asyncio.gather(*(self._one(fault) for fault in faults))

    async def _one(self, fault: Fault) -> None:
        await asyncio.sleep(max(0.0, fault.at_s - self.now_s()))
        whom, _, what = fault.kind.partition(" ")
        from_s = self.now_s()
        if whom in ("postgresql", "valkey"):
            to = whom
            await (self._kill_postgresql(fault) if whom == "postgresql" else self._kill_valkey(fault))
        elif fault.kind == "leader frozen, its successor killed":
            to = await self._swap(fault)
        elif whom == "somebody":
            to = await self._at_a_step(what, fault)
        else:
            to = await self._whom(whom.removesuffix("'s").removesuffix("'"), fault)
            from_s = self.now_s()
            await self._harm(self._node.members[to], what, fault)
        self.happened.append(Happened(kind=fault.kind, to=to, from_s=round(from_s, 3), until_s=round(self.now_s(), 3)))

    async def _whom(self, whom: str, fault: Fault) -> str:
        if whom == "jobs":
            return whom
        if whom == "worker":
            return WORKERS[fault.number % len(WORKERS)]
        leader = await self._node.leader()
        return leader if whom == "leader" else self._node.other(leader)

    async def _harm(self, member: Member, what: str, fault: Fault) -> None:
        if what == "killed":
            member.tell(signal.SIGKILL)
        elif what == "frozen":
            member.tell(signal.SIGSTOP)
            await asyncio.sleep(fault.for_s)
            member.tell(signal.SIGCONT)
        elif what == "frozen in a COPY":
            member.proxy.at_next_copy(lambda: member.tell(signal.SIGSTOP))
            await asyncio.sleep(fault.for_s)
            member.tell(signal.SIGCONT)
            member.proxy.go_on_copying()
        elif what == "commit cut":
            member.proxy.cut_next_commit()
        elif what == "silent":
            member.proxy.go_silent()
            await asyncio.sleep(fault.for_s)
            member.proxy.speak_again()
        elif what == "clock stepped":
            member.set_clock(HOUR_S if fault.number % 2 else -HOUR_S)
            await asyncio.sleep(fault.for_s)
            member.set_clock(0.0)
        else:
            raise ValueError(what)

    async def _swap(self, fault: Fault) -> str:
        """The leader is frozen until another leads, which soon dies; the first comes back with all that it had not answered."""
        first = await self._node.leader()
        second = self._node.other(first)
        self._node.members[first].tell(signal.SIGSTOP)
        for _ in range(int(SWAP_S / AGAIN_S)):
            if await self._node.leader() == second:
                break
            await asyncio.sleep(AGAIN_S)
        await asyncio.sleep(fault.for_s)
        self._node.members[second].tell(signal.SIGKILL)
        self._node.members[first].tell(signal.SIGCONT)
        return first

    async def _at_a_step(self, what: str, fault: Fault) -> str:
        """The first of workers and jobs that comes to that step is killed there; nobody, if nobody does."""
        when = BEFORE if what.startswith(BEFORE) else AFTER
        mark, killed = STEPS[what.removeprefix(when)], asyncio.get_running_loop().create_future()
        members = [member for name, member in self._node.members.items() if name not in STOCKS]

        def kill(member: Member) -> None:
            for each in members:
                each.proxy.no_mark()
            if not killed.done():
                member.tell(signal.SIGKILL)
                killed.set_result(member.name)

        for member in members:
            member.proxy.at_next(mark, partial(kill, member), is_committed=when == AFTER)
        try:
            async with asyncio.timeout(fault.for_s):
                return str(await killed)
        except TimeoutError:
            return "nobody"
        finally:
            for member in members:
                member.proxy.no_mark()

    async def _kill_postgresql(self, fault: Fault) -> None:
        async with self._postgresql:
            await self._node.postgres.kill()
            await asyncio.sleep(fault.for_s)
            await self._node.postgres.start()

    async def _kill_valkey(self, fault: Fault) -> None:
        async with self._valkey:
            await self._node.valkey.kill()
            await asyncio.sleep(fault.for_s)
            await self._node.valkey.start()
