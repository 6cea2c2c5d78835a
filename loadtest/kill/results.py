"""What came of kill runs: the structs of the JSON report, and its table. Pure: no I/O."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise

from msgspec import Struct

from loadtest.kill.faults import Happened
from loadtest.kill.history import Violation

AT_ONCE = "several at once"
SHOWS_S = 0.3  # after which a fault that is over shows, or does not


class Outage(Struct, frozen=True, kw_only=True):
    """The longest time without an answer to one who taps all the time, after a fault; of several at once nobody knows whose."""

    kind: str
    seconds: float


class Run(Struct, frozen=True, kw_only=True):
    """One run. `operations`: messages sent; `acknowledged`: holds that people were told of; `refused`: by reason, "none": not
    answered; `ordered`, `paid`: orders, and payments that brought money; `refunded`: sent back, `back` of them because the
    money came late or twice; `late`: holds of keys whose last answer was a refusal, made by a message before it without one.
    """

    seed: int
    buyers: int
    units: int
    hold_ttl_s: float
    seconds: float
    faults: list[Happened]
    operations: int
    acknowledged: int
    released: int
    expired: int
    waited: int
    ordered: int = 0
    paid: int = 0
    refunded: int = 0
    back: int = 0
    refused: dict[str, int]
    outages: list[Outage]
    late: int
    epochs: int
    violations: list[Violation]


class Report(Struct, frozen=True, kw_only=True):
    """All runs."""

    made: str
    machine: str
    commit: str
    runs: list[Run]
    afterwards: list[Violation] = []

    @property
    def is_sound(self) -> bool:
        """Whether no invariant was broken."""
        return not self.afterwards and not any(run.violations for run in self.runs)


def outages(answered_s: Sequence[Sequence[float]], faults: Iterable[Happened], until_s: float) -> list[Outage]:
    """For each fault the longest pause, of anybody who taps all the time, that it fell into; and by kind the longest.

    `answered_s`: when each of them was answered; until `until_s` they tap.
    """
    pauses = [pause for each in answered_s for pause in pairwise([0.0, *each, max(until_s, *each[-1:])])]
    longest: dict[str, float] = defaultdict(float)
    faults = list(faults)
    for fault in faults:
        its_pauses = list(filter(partial(_is_in, fault), pauses))
        if not its_pauses:
            continue  # nobody tapped any more
        begins_s, ends_s = max(its_pauses, key=lambda pause: pause[1] - pause[0])
        is_alone = sum(_is_in(one, (begins_s, ends_s)) for one in faults) == 1
        kind = fault.kind if is_alone else AT_ONCE
        longest[kind] = max(longest[kind], ends_s - begins_s)
    return [Outage(kind=kind, seconds=round(seconds, 3)) for kind, seconds in longest.items()]


def _is_in(fault: Happened, pause: tuple[float, float]) -> bool:
    return pause[0] <= fault.until_s + SHOWS_S and fault.from_s <= pause[1]


def line(run: Run) -> str:
    """A run in a line."""
    faults = "; ".join(f"{fault.kind} {fault.from_s:.1f}-{fault.until_s:.1f} s" for fault in run.faults)
    worst = max((outage.seconds for outage in run.outages), default=0.0)
    refused = ", ".join(f"{count} {name}" for name, count in run.refused.items())
    return (
        f"seed {run.seed}: {run.seconds:.1f} s, {run.operations} messages, {run.acknowledged} holds told, "
        f"{run.released} released, {run.expired} expired, {run.waited} waited; {run.ordered} orders, {run.paid} payments, "
        f"{run.refunded} refunds; {refused}; "
        f"longest outage {worst:.2f} s; {faults}"
    )


def table(report: Report) -> str:
    """For the terminal: outages by kind of fault, sums, and what was broken."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in report.runs:
        for outage in run.outages:
            seconds[outage.kind].append(outage.seconds)
    lines = [f"{'outage after, s':<38}{'times':>7}{'median':>9}{'longest':>9}"]
    for kind, times in sorted(seconds.items()):
        lines.append(f"{kind:<38}{len(times):>7}{statistics.median(times):>9.2f}{max(times):>9.2f}")
    refused: Counter[str] = Counter()
    for run in report.runs:
        refused.update(run.refused)
    runs = report.runs
    lines.append("")
    lines.append(
        f"{len(runs)} runs, {sum(len(run.faults) for run in runs)} faults, {sum(run.operations for run in runs)} messages, "
        f"{sum(run.acknowledged for run in runs)} holds told, {sum(run.released for run in runs)} released, "
        f"{sum(run.expired for run in runs)} expired, {sum(run.epochs for run in runs)} leaderships"
    )
    lines.append(
        f"{sum(run.ordered for run in runs)} orders, {sum(run.paid for run in runs)} payments, "
        f"{sum(run.refunded for run in runs)} refunds, {sum(run.back for run in runs)} of them of money that came late or twice"
    )
    lines.append(f"refused: {', '.join(f'{count} {name}' for name, count in sorted(refused.items()))}")
    broken = Counter(violation.invariant for run in runs for violation in run.violations)
    broken.update(violation.invariant for violation in report.afterwards)
    lines.append("broken: " + (", ".join(f"{count} {name}" for name, count in broken.items()) or "nothing"))
    for run in runs:
        lines += [f"  seed {run.seed}: {violation.invariant}: {violation.text}" for violation in run.violations]
    lines += [f"  afterwards: {violation.invariant}: {violation.text}" for violation in report.afterwards]
    return "\n".join(lines) + "\n"
